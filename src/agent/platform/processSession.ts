import { readdirSync } from "node:fs";
import type { ProcessIdentity } from "../core/contract.ts";
import { isAlive, type ProcessStat, readProcessStat } from "./processIdentity.ts";

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
 * terminal does, by SIGHUP, then by SIGKILL. What has called setsid is in another session.
 */
export async function endProcessSession(leader: ProcessIdentity, bootId: string): Promise<void> {
  if (leader.bootId !== bootId) return;
  // What is stopped could not hear of it.
  for (const name of ["SIGHUP", "SIGCONT"] as const) signalAll(membersOf(leader, bootId), name);
  const begunAt = performance.now();
  for (;;) {
    const left = membersOf(leader, bootId);
    const waitedMs = performance.now() - begunAt;
    if (left.length === 0 || waitedMs > KILL_TIMEOUT_MS) return;
    if (waitedMs > HANGUP_GRACE_MS) signalAll(left, "SIGKILL");
    await Bun.sleep(LOOK_AGAIN_MS);
  }
}

function membersOf(leader: ProcessIdentity, bootId: string): ProcessStat[] {
  const now = readProcessStat(leader.pid);
  // No number is given out again while it names a session: under another leader's there is none of ours left.
  if (now !== null && now.startTicks !== leader.startTicks) return [];
  const members: ProcessStat[] = [];
  for (const name of readdirSync("/proc")) {
    const stat = /^\d+$/.test(name) ? readProcessStat(Number(name)) : null;
    if (stat === null || stat.session !== leader.pid) continue;
    if (isAlive({ ...stat, bootId }, bootId)) members.push(stat);
  }
  return members;
}

function signalAll(processes: readonly ProcessStat[], name: NodeJS.Signals): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended meanwhile.
    }
  }
}
