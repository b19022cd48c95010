import { presentMembers, runOf } from "../core/allocation/change.ts";
import type { EndingCause } from "../core/allocation/run.ts";
import type { ProcessKey } from "../core/contract.ts";
import type { AgentMachine } from "../core/machine.ts";

const STOPPED = "it was stopped";
/** Nobody wanted it. */
const BY_ITSELF = "its process ended";

const CAUSES: Readonly<Record<EndingCause, string>> = {
  stopped: STOPPED,
  discarded: "the server gave it up",
  outOfContact: "its node was without a server for too long",
  expired: "it ran for as long as it may",
  siblingFailed: "another task of its group failed",
  leaderDead: "the leader of its group ended",
  mainsDead: "the main tasks of its group ended",
};

/** Why the process ends or has ended, for whoever ran something beside it. */
export function endReason(machine: AgentMachine, key: ProcessKey): string {
  const found = machine.memberProcesses.get(key);
  const process = found?.process ?? null;
  if (found === undefined || process === null) {
    const reason = machine.executions.get(key)?.stopping?.reason ?? null;
    if (reason === null) return BY_ITSELF;
    return reason === "stopped" ? STOPPED : "it reached its wall clock limit";
  }
  const execution = machine.executions.get(found.order.execution);
  if (execution === undefined) return CAUSES.discarded;
  const cause = runOf(execution)?.head.ending?.cause ?? null;
  if (cause !== null) return CAUSES[cause];
  const run = presentMembers(execution).find(({ spec }) => spec.name === process.member)?.run;
  const restarting = run?.restarting ?? null;
  if (restarting !== null) return `it is restarted: ${restarting.reason.replace(/\.$/, "")}`;
  return run?.killing == null ? BY_ITSELF : STOPPED;
}
