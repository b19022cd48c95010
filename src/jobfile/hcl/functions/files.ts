import type { Value } from "../value.ts";
import type { Given, HclFunction } from "./given.ts";

/** Without `.`, `..` and doubled slashes, as Go's path/filepath cleans it. */
function cleanPath(path: string): string {
  const isAbsolute = path.startsWith("/");
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (part !== ".." || !isAbsolute) kept.push(part);
  }
  const joined = kept.join("/");
  if (isAbsolute) return `/${joined}`;
  return joined === "" ? "." : joined;
}

function baseName(path: string): string {
  const trimmed = path.replace(/\/+$/, "");
  if (trimmed === "") return path === "" ? "." : "/";
  return trimmed.slice(trimmed.lastIndexOf("/") + 1);
}

function absolutePath(given: Given): Value {
  const path = given.text(0);
  if (path.startsWith("/")) return cleanPath(path);
  return cleanPath(`${given.port(given.options.workingDirectory, "the working folder")}/${path}`);
}

function expandPath(given: Given): Value {
  const path = given.text(0);
  if (path !== "~" && !path.startsWith("~/")) return path;
  return given.port(given.options.homeDirectory, "the home folder") + path.slice(1);
}

function readFile(given: Given): string | null {
  return given.port(given.options.readFile, "files")(given.text(0));
}

function fileContent(given: Given): Value {
  const content = readFile(given);
  if (content !== null) return content.toWellFormed();
  return given.fail(0, `expected a file that can be read, found none at ${given.text(0)}`);
}

export const FILE_FUNCTIONS: Readonly<Record<string, HclFunction>> = {
  abspath: {
    signature: "abspath(path)",
    does: "the path from the root",
    least: 1,
    most: 1,
    apply: absolutePath,
  },
  basename: {
    signature: "basename(path)",
    does: "the last part of the path",
    least: 1,
    most: 1,
    apply: (given) => baseName(given.text(0)),
  },
  dirname: {
    signature: "dirname(path)",
    does: "the path without its last part",
    least: 1,
    most: 1,
    apply: (given) => cleanPath(given.text(0).replace(/[^/]*$/, "")),
  },
  file: {
    signature: "file(path)",
    does: "the text of the file",
    least: 1,
    most: 1,
    apply: fileContent,
  },
  fileexists: {
    signature: "fileexists(path)",
    does: "whether there is such a file",
    least: 1,
    most: 1,
    apply: (given) => readFile(given) !== null,
  },
  pathexpand: {
    signature: "pathexpand(path)",
    does: "the path with the home folder for `~`",
    least: 1,
    most: 1,
    apply: expandPath,
  },
};
