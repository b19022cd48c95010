import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { until } from "./until.ts";

export interface ProcessEntry {
  readonly pid: number;
  readonly words: readonly string[];
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function workingDirectory(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return "";
  }
}

function isZombie(pid: number): boolean {
  return /\) [ZX] /.test(readOrEmpty(`/proc/${pid}/stat`));
}

/** Every process of this machine that has the path in its command line, environment or working directory. */
export function processesBelow(path: string): ProcessEntry[] {
  const found: ProcessEntry[] = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const commandLine = readOrEmpty(`/proc/${pid}/cmdline`);
    const isBelow =
      commandLine.includes(path) ||
      readOrEmpty(`/proc/${pid}/environ`).includes(path) ||
      workingDirectory(pid).startsWith(path);
    if (isBelow && !isZombie(pid)) found.push({ pid, words: commandLine.split("\0") });
  }
  return found;
}

export function isRunning(pid: number): boolean {
  return readOrEmpty(`/proc/${pid}/stat`) !== "" && !isZombie(pid);
}

/** Sends the signal; a process that is gone already is none to complain of. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended.
  }
}

/** Memory that the process itself has touched, in bytes. */
export function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readOrEmpty(`/proc/${pid}/status`))?.[1];
  return Number(kib ?? 0) * 1024;
}

/** The number that a process writes into the file. */
export async function pidInFile(path: string): Promise<number> {
  const text = await until(
    `a pid in ${path}`,
    () => (existsSync(path) ? readFileSync(path, "utf8") : ""),
    (found) => /^\d+\n/.test(found),
  );
  return Number(text.split("\n")[0]);
}

export async function untilGone(...pids: number[]): Promise<void> {
  await until(
    "the processes to be gone",
    () => pids.filter(isRunning),
    (left) => left.length === 0,
  );
}
