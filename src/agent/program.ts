import { accessSync, constants, statSync } from "node:fs";
import { resolve } from "node:path";
import type { FailureInfo } from "../model/failure.ts";

/**
 * Finds the program as the kernel and a shell would: a word with a slash is a path below `cwd`, any other is looked
 * for in the task's own PATH. `nodePathOf` says where on the node a path of the task lies, if it is not the same; null: the
 * task does not see it.
 */
export function findProgram(
  word: string,
  path: string,
  cwd: string,
  nodePathOf: (path: string) => string | null = (same) => same,
): { readonly path: string } | FailureInfo {
  const candidates = word.includes("/")
    ? [resolve(cwd, word)]
    : path.split(":").map((directory) => resolve(cwd, directory, word));
  const states = candidates.map((candidate) => {
    const nodePath = nodePathOf(candidate);
    return nodePath === null ? "missing" : stateOf(nodePath);
  });
  const found = candidates[states.indexOf("program")];
  if (word !== "" && found !== undefined) return { path: found };
  const other = candidates[states.findIndex((state) => state !== "missing")];
  if (word !== "" && other !== undefined) {
    return {
      category: "usererror",
      code: "CommandLaunchFailed",
      message: `Expected an executable file, given ${other}; make it executable, or name its interpreter first.`,
    };
  }
  return {
    category: "usererror",
    code: "CommandProgramNotFound",
    message: word.includes("/")
      ? `There is no program ${word} (looked at ${candidates.join()}).`
      : `There is no program ${JSON.stringify(word)} in PATH (${path}).`,
  };
}

function stateOf(path: string): "program" | "other" | "missing" {
  try {
    if (!statSync(path).isFile()) return "other";
  } catch (error) {
    return (error as { code?: string }).code === "EACCES" ? "other" : "missing";
  }
  try {
    accessSync(path, constants.X_OK);
    return "program";
  } catch {
    return "other";
  }
}
