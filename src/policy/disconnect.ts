import { formatGoDuration } from "../model/duration.ts";
import type { GroupJobType } from "../model/groupDefaults.ts";
import type { DisconnectPolicy } from "../model/groupPolicy.ts";
import { finding, type PolicyFinding } from "./finding.ts";
import type { ClientStatus } from "./reschedule.ts";

/** What a member that says nothing has, and the least that a replacement waits for (Nomad). */
export const KILL_TIMEOUT_DEFAULT_MS = 5_000;

const STRATEGIES = ["best_score", "keep_original", "keep_replacement", "longest_running"];

/** A policy as its user wrote it; the strategy may be anything. */
export interface UncheckedDisconnect extends Omit<DisconnectPolicy, "reconcile"> {
  readonly reconcile: string;
}

/** Everything that is wrong with it. */
export function validateDisconnect(
  jobType: GroupJobType,
  policy: UncheckedDisconnect,
): readonly PolicyFinding[] {
  const { lostAfterMs, stopOnClientAfterMs, reconcile } = policy;
  const findings: PolicyFinding[] = [];
  const add = (code: string, field: string, message: string) =>
    findings.push(finding(code, field, message));
  if (lostAfterMs < 0) {
    const got = formatGoDuration(lostAfterMs);
    add(
      "lost_after_negative",
      "lostAfterMs",
      `disconnect: lost_after must not be negative: ${got}`,
    );
  }
  if (!STRATEGIES.includes(reconcile)) {
    const text = `expected reconcile ${STRATEGIES.join(", ")}, got "${reconcile}"`;
    add("reconcile_invalid", "reconcile", `disconnect: ${text}`);
  }
  if (stopOnClientAfterMs === null) return findings;
  if (stopOnClientAfterMs < 0) {
    const got = formatGoDuration(stopOnClientAfterMs);
    add(
      "stop_after_negative",
      "stopOnClientAfterMs",
      `disconnect: stop_on_client_after must not be negative: ${got}`,
    );
  }
  if (jobType !== "service" && jobType !== "batch") {
    const text = "stop_on_client_after is only for service and batch jobs";
    add("stop_after_job_type", "stopOnClientAfterMs", `disconnect: ${text}, not ${jobType}`);
  }
  if (lostAfterMs !== 0) {
    const text = "stop_on_client_after and lost_after exclude each other";
    add("stop_after_and_lost_after", "stopOnClientAfterMs", `disconnect: ${text}`);
  }
  return findings;
}

/** When an execution that is unknown since then is given up. */
export function lostAt(
  policy: Pick<DisconnectPolicy, "lostAfterMs">,
  unknownSince: number,
): number {
  return unknownSince + policy.lostAfterMs;
}

/** Whether an unknown execution is to be given up; where `lost_after` is not set none is ever unknown. */
export function isDisconnectExpired(
  policy: Pick<DisconnectPolicy, "lostAfterMs">,
  status: ClientStatus,
  unknownSince: number | null,
  now: number,
): boolean {
  if (status !== "unknown" || unknownSince === null || policy.lostAfterMs <= 0) return false;
  return now >= lostAt(policy, unknownSince);
}

/**
 * A replacement of an execution whose node stops it by itself must not come before it has been stopped there. Null: the
 * node does not stop it (0 is as not written, as in Nomad), nothing is waited for.
 */
export function clientStopEndsAt(
  policy: Pick<DisconnectPolicy, "stopOnClientAfterMs">,
  killTimeoutsMs: readonly number[],
  lostSince: number,
): number | null {
  if (policy.stopOnClientAfterMs === null || policy.stopOnClientAfterMs <= 0) return null;
  const killMs = Math.max(KILL_TIMEOUT_DEFAULT_MS, ...killTimeoutsMs);
  return lostSince + policy.stopOnClientAfterMs + killMs;
}

/** Of two executions of one task after their node came back. */
export interface ReconcileSide {
  readonly version: number;
  /** Of its leader, else of its oldest main member; null: it has not started. */
  readonly startedAt: number | null;
  /** Final score of its placement; null: unknown. */
  readonly score: number | null;
}

export interface ReconcileDecision {
  readonly keep: "original" | "replacement";
  readonly reason: string;
}

function keep(side: "original" | "replacement", reason: string): ReconcileDecision {
  return { keep: side, reason };
}

function bestScore(original: ReconcileSide, replacement: ReconcileSide): ReconcileDecision {
  const difference = (replacement.score ?? 0) - (original.score ?? 0);
  if (difference > 0) return keep("replacement", "The replacement's node has the better score");
  const reason = difference < 0 ? "has the better score" : "scores as well";
  return keep("original", `The original's node ${reason}`);
}

function longestRunning(original: ReconcileSide, replacement: ReconcileSide): ReconcileDecision {
  const originalAt = original.startedAt ?? Number.POSITIVE_INFINITY;
  const replacementAt = replacement.startedAt ?? Number.POSITIVE_INFINITY;
  if (replacementAt < originalAt) return keep("replacement", "The replacement has run longer");
  return keep("original", "The original has run longer");
}

/** Which of the two stays; a replacement of a newer version of the job always does (Nomad). */
export function decideReconcile(
  strategy: DisconnectPolicy["reconcile"],
  original: ReconcileSide,
  replacement: ReconcileSide,
): ReconcileDecision {
  if (replacement.version > original.version) {
    return keep("replacement", "The replacement is of a newer version of the job");
  }
  switch (strategy) {
    case "keep_original":
      return keep("original", "reconcile = keep_original");
    case "keep_replacement":
      return keep("replacement", "reconcile = keep_replacement");
    case "best_score":
      return bestScore(original, replacement);
    case "longest_running":
      return longestRunning(original, replacement);
  }
}
