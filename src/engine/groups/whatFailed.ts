import type { AllocationState } from "../../model/allocation.ts";
import { memberFailure } from "../../policy/memberFailure.ts";
import type { ExecutionEnd } from "../../policy/taskEnd.ts";

/** What of an execution failed, as its node tells it, without a full stop. */

type State = AllocationState | null;

/** `member web: Exit Code: 7`; null: no member failed. */
export function failedMember(state: State): string | null {
  const failed = state?.members.find((member) => member.failed);
  if (failed === undefined) return null;
  const { cause } = memberFailure(failed);
  return `member ${failed.member}${cause === null ? "" : `: ${cause}`}`;
}

/** A sentence that a decision follows on; null: nobody tells. */
export function whatFailed(state: State, end: ExecutionEnd): string | null {
  if (end.kind === "lost") return null;
  const failed = state?.members.find((member) => member.failed);
  if (failed === undefined) return startFailure(end);
  const { cause, notRestarted } = memberFailure(failed);
  const why = cause === null ? "" : `: ${cause}`;
  const verdict = notRestarted === null ? "" : ` (not restarted: ${notRestarted})`;
  return `Member ${failed.member} failed${why}${verdict}`;
}

/** Nothing of the group began. */
function startFailure(end: ExecutionEnd): string | null {
  if (end.kind !== "outcome" || end.outcome.state !== "failedToStart") return null;
  return `It could not start: ${end.outcome.failure.message.replace(/\.$/, "")}`;
}
