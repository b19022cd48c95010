import { accessSync, constants, statSync } from "node:fs";
import { resolve } from "node:path";
import type { FailureInfo } from "../model/failure.ts";

/**
 * Finds the program as the kernel and a shell would: a word with a slash is a path below `cwd`, any other is looked
 * for in the task's own PATH. `lookUp` says what the task sees at an absolute path.
 */
export function findProgram(
  word: string,
  path: string,
  cwd: string,
  lookUp: (path: string) => ProgramState = stateOf,
): { readonly path: string } | FailureInfo {
  const candidates = word.includes("/")
    ? [resolve(cwd, word)]
    : path.split(":").map((directory) => resolve(cwd, directory, word));
  const states = candidates.map(lookUp);
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

/** What is at a path: something that can be run, anything else, or nothing. */
export type ProgramState = "program" | "other" | "missing";

/** Of a path of the node. */
export function stateOf(path: string): ProgramState {
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
