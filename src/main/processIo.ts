import type { CliIo } from "../cli/io.ts";

/** This process as the world of a command line. */
export function processIo(): CliIo {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    isTerminal: process.stdout.isTTY === true,
    columns: process.stdout.columns ?? 80,
    env: process.env,
    now: Date.now,
  };
}
