import { readdirSync } from "node:fs";
import type { ProcessIdentity } from "../core/contract.ts";
import { codeOf } from "../files/open.ts";
import { isAlive, readProcessStat } from "./processIdentity.ts";

/** After a hangup there is so much time to put things in order. */
const HANGUP_GRACE_MS = 1_000;
/** A killed process is gone within this, unless it hangs in the kernel. */
const KILL_TIMEOUT_MS = 10_000;
const LOOK_AGAIN_MS = 10;

/** The process as it can be known again; null: it has ended. */
export function identityOf(pid: number, bootId: string): ProcessIdentity | null {
  const stat = readProcessStat(pid);
  return stat === null ? null : { bootId, pid, startTicks: stat.startTicks };
}

/**
 * Ends all processes of the session that `leader` began, of which it may be the first to have ended: as the end of a
 * terminal does, by SIGHUP, then by SIGKILL. What has called setsid is in another session. Answers the processes that
 * could not be ended: this user may not, or they hang in the kernel.
 */
export async function endProcessSession(
  leader: ProcessIdentity,
  bootId: string,
): Promise<readonly number[]> {
  if (leader.bootId !== bootId) return [];
  // What is stopped could not hear of it.
  for (const name of ["SIGHUP", "SIGCONT"] as const) signalAll(sessionOf(leader, bootId), name);
  const begunAt = performance.now();
  for (;;) {
    const left = sessionOf(leader, bootId);
    const waitedMs = performance.now() - begunAt;
    if (left.length === 0 || waitedMs > KILL_TIMEOUT_MS) return left;
    const isKill = waitedMs > HANGUP_GRACE_MS;
    if (isKill && signalAll(left, "SIGKILL") === left.length) return left;
    await Bun.sleep(LOOK_AGAIN_MS);
  }
}

/** Whether this user may end the process. */
export function mayEnd(pid: number): boolean {
  return !isRefused(pid, 0);
}

/** The processes that run in the session that `leader` began. */
export function sessionOf(leader: ProcessIdentity, bootId: string): number[] {
  const now = readProcessStat(leader.pid);
  // No number is given out again while it names a session: under another leader's there is none of ours left.
  if (now !== null && now.startTicks !== leader.startTicks) return [];
  const members: number[] = [];
  for (const name of readdirSync("/proc")) {
    const stat = /^\d+$/.test(name) ? readProcessStat(Number(name)) : null;
    if (stat === null || stat.session !== leader.pid) continue;
    if (isAlive({ ...stat, bootId }, bootId)) members.push(stat.pid);
  }
  return members;
}

/** How many of them this user may not signal. */
function signalAll(pids: readonly number[], name: NodeJS.Signals): number {
  return pids.filter((pid) => isRefused(pid, name)).length;
}

function isRefused(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return false;
  } catch (error) {
    // Else it has ended meanwhile.
    return codeOf(error) === "EPERM";
  }
}
