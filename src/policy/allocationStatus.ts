import type { AllocationStatus, MemberState } from "../model/allocation.ts";
import type { ClientStatus } from "./reschedule.ts";

/** Status of an execution from its members; the first that applies: a failed one, a running one, a pending one. */
export function allocationStatus(
  members: readonly Pick<MemberState, "state" | "failed">[],
): AllocationStatus {
  if (members.some(({ state, failed }) => state === "dead" && failed)) return "failed";
  if (members.some(({ state }) => state === "running")) return "running";
  if (members.some(({ state }) => state === "pending")) return "pending";
  return "complete";
}

/** When it failed or ended: the latest end of a member; where none has ended, when it was last changed. */
export function lastEventAt(
  members: readonly Pick<MemberState, "finishedAt">[],
  modifiedAt: number,
): number {
  const ends = members.flatMap(({ finishedAt }) => (finishedAt === null ? [] : [finishedAt]));
  return ends.length === 0 ? modifiedAt : Math.max(...ends);
}

/** Whether nothing of it runs any more, as far as anybody knows; `unknown` may still run. */
export function isTerminated(status: ClientStatus): boolean {
  return status === "complete" || status === "failed" || status === "lost";
}

/** Whether all members are dead and none failed. One that has not run yet has not succeeded. */
export function ranSuccessfully(
  members: readonly Pick<MemberState, "state" | "failed">[],
): boolean {
  return members.length > 0 && members.every(({ state, failed }) => state === "dead" && !failed);
}

/** `JOB.GROUP[INDEX]` (Nomad). */
export function allocationName(jobName: string, group: string, index: number): string {
  return `${jobName}.${group}[${index}]`;
}

/** The index in a name; null: it is none. */
export function allocationIndex(name: string): number | null {
  const digits = /\[(\d+)\]$/.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}
