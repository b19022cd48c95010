import { StoreError } from "../store/store.ts";

/** A start that failed for a reason that people can mend: one line, exit 1. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** The line for an error at start; null for one that nobody expected. */
export function startErrorLine(error: unknown): string | null {
  if (error instanceof StartError || error instanceof StoreError) return error.message;
  if (!(error instanceof Error)) return null;
  if (error.name === "AgentStartError") return error.message;
  if ("code" in error && (error.code === "EACCES" || error.code === "EPERM")) {
    return `Permission was refused: ${error.message}`;
  }
  if ("path" in error && "code" in error && (error.code === "EEXIST" || error.code === "ENOTDIR")) {
    return `Expected a folder at ${error.path} and found something else. Name another place.`;
  }
  // A path that cannot be: on a full or read-only disk.
  if ("syscall" in error && "path" in error) return `The system refused: ${error.message}`;
  return null;
}
