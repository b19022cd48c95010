import { readFileSync } from "node:fs";
import type { ProcessIdentity } from "../core/contract.ts";

/** The kernel's boot id: another one after every boot of the machine. */
export function kernelBootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

/**
 * The node's boot id: the kernel's, behind the one of a provider that reboots nodes without rebooting the machine, so
 * that a boot of either kind is seen.
 */
export function nodeBootId(provided: string | null): string {
  return provided === null ? kernelBootId() : `${provided}/${kernelBootId()}`;
}

/** What of /proc/PID/stat is needed to tell processes apart and to find their relatives. */
export interface ProcessStat {
  readonly pid: number;
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly startTicks: number;
}

/** Null when there is no such process. */
export function readProcessStat(pid: number): ProcessStat | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return null;
  }
  // The command name is in parentheses and may hold anything, parentheses included.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return {
    pid,
    state: fields[0] ?? "?",
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    startTicks: Number(fields[19]),
  };
}

/** Whether that very process runs: not another one under its pid, not a zombie. */
export function isAlive(identity: ProcessIdentity, bootId: string): boolean {
  if (identity.bootId !== bootId) return false;
  const stat = readProcessStat(identity.pid);
  if (stat === null || stat.startTicks !== identity.startTicks) return false;
  return stat.state !== "Z" && stat.state !== "X";
}
