import { readFileSync } from "node:fs";
import type { ProcessIdentity } from "../../core/contract.ts";
import { isAlive, kernelBootId } from "../../platform/processIdentity.ts";
import { identityOf } from "../../platform/processSession.ts";

/** Whether the process of this machine is in the control group of the container, given by its full id. */
export function isInContainer(pid: number, container: string): boolean {
  try {
    return container !== "" && readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(container);
  } catch {
    return false;
  }
}

/**
 * The first process of a container on this machine, with which all of it ends; null: it has ended, or is not to be seen
 * from here. The number that an engine tells is trusted only when the process is in the container.
 */
export function containerLeader(container: string, pid: number): ProcessIdentity | null {
  const leader = pid > 0 ? identityOf(pid, kernelBootId()) : null;
  return leader !== null && isInContainer(pid, container) ? leader : null;
}

/** Without the engine; false: it has ended, or this user may not. */
export function signalLeader(leader: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(leader, kernelBootId())) return false;
  try {
    return process.kill(leader.pid, signal);
  } catch {
    return false;
  }
}
