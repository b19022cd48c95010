import type { MemberEvent, MemberState } from "../model/allocation.ts";
import { unhealthyCheck } from "./checkRestart.ts";

/** Why a member failed for good, for people. */
export interface MemberFailure {
  /** Its last end, start failure or unhealthy check, without a full stop; null: nothing is known of it. */
  readonly cause: string | null;
  /** What its `restart` policy said to that; null: it has not told. */
  readonly notRestarted: string | null;
}

/** A driver's message may be a page: of that much is read in a line. */
const CAUSE_MAX = 300;
const CUT = "...";

const ENDS: ReadonlySet<string> = new Set([
  "Terminated",
  "Setup Failure",
  "Driver Failure",
  "Failed Artifact Download",
  "Task hook failed",
]);

/** Whether it tells of an end of a member's process, or that there could be none. */
export function isEndEvent({ type }: MemberEvent): boolean {
  return ENDS.has(type);
}

/** As the events of a member that failed tell it. */
export function memberFailure({ events }: MemberState): MemberFailure {
  const verdict = events.findLast(({ type }) => type === "Not Restarting");
  const at = events.findLastIndex(isEndEvent);
  const end = events[at];
  const cause = end === undefined ? null : causeOf(end, events.slice(0, at));
  return {
    cause: cause === null ? null : cut(cause.replace(/\s+/g, " ").replace(/\. ?$/, "")),
    notRestarted: verdict?.description ?? null,
  };
}

function causeOf({ type, description }: MemberEvent, before: readonly MemberEvent[]): string {
  if (type !== "Terminated") return `${type}: ${description}`;
  const startedAt = before.findLastIndex((event) => event.type === "Started");
  // Its exit code is its answer to the stop, and tells nothing.
  const check = before
    .slice(startedAt + 1)
    .filter((event) => event.type === "Restart Signaled")
    .map((event) => unhealthyCheck(event.description))
    .find((name) => name !== null);
  return check === undefined ? description : `check "${check}" was unhealthy`;
}

function cut(text: string): string {
  return text.length <= CAUSE_MAX ? text : `${text.slice(0, CAUSE_MAX - CUT.length)}${CUT}`;
}
