import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { parse, stringify } from "yaml";
import type { HclOptions, VariableInput } from "../../jobfile/hcl/options.ts";
import type { Session } from "../session.ts";

/** What functions in a job file may reach on this machine. Relative paths are those of the job file's folder. */
export function hclOptions(
  { io }: Session,
  path: string,
  variables: readonly VariableInput[],
): HclOptions {
  const currentFolder = io.currentFolder ?? process.cwd();
  const folder = path === "-" ? currentFolder : join(currentFolder, dirname(path));
  const base = isAbsolute(path) ? dirname(path) : folder;
  return {
    variables,
    now: io.now(),
    random: Math.random,
    readFile: (file) => fileText(isAbsolute(file) ? file : join(base, file)),
    workingDirectory: currentFolder,
    homeDirectory: io.env["HOME"] ?? homedir(),
    digest: (algorithm, text) => new Bun.CryptoHasher(algorithm).update(text).digest("hex"),
    bcrypt: (text, cost) => Bun.password.hashSync(text, { algorithm: "bcrypt", cost }),
    yaml: { parse: (text) => parse(text), print: (value) => stringify(value) },
  };
}

function fileText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
