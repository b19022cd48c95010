import type { AllocationStatus } from "../model/allocation.ts";
import type { DisconnectPolicy, ReconcileStrategy } from "../model/groupPolicy.ts";
import type { JobType } from "../model/job.ts";

/** What the decision needs to know of an execution whose node is out of contact. */
export interface ContactLoss {
  readonly jobType: JobType;
  /** Null: the group is not known any more. */
  readonly policy: DisconnectPolicy | null;
  /** Of its members. */
  readonly killTimeoutsMs: readonly number[];
  /** It was told to stop before. */
  readonly isStopping: boolean;
  readonly now: number;
}

/**
 * lost: given up now. unknown: it may be running still; `lostAt` is when it is given up (null: when the node comes
 * back), `replaceAt` when a replacement may be placed beside it (null: not before it is lost).
 */
export type ContactLossDecision =
  | { readonly action: "lost"; readonly reason: string }
  | {
      readonly action: "unknown";
      readonly lostAt: number | null;
      readonly replaceAt: number | null;
      readonly reason: string;
    };

/** A node that stops its tasks by itself gets at least so long for it (Nomad). */
const STOP_ON_CLIENT_MIN_MS = 5_000;

/**
 * Nomad `disconnect`: without lost_after an execution is lost with its node; with it, it is unknown until then. A
 * group whose node stops its tasks by itself is not replaced before that has happened.
 */
export function decideContactLoss(loss: ContactLoss): ContactLossDecision {
  const { policy, now, isStopping } = loss;
  if (policy === null || isStopping)
    return { action: "lost", reason: "its node is out of contact" };
  const { lostAfterMs, replace, stopOnClientAfterMs } = policy;
  if (stopOnClientAfterMs !== null) {
    const killMs = Math.max(STOP_ON_CLIENT_MIN_MS, ...loss.killTimeoutsMs);
    const lostAt = now + stopOnClientAfterMs + killMs;
    const reason = "alloc is unknown: its node stops it by itself (stop_on_client_after)";
    return { action: "unknown", lostAt, replaceAt: null, reason };
  }
  if (lostAfterMs > 0) {
    return {
      action: "unknown",
      lostAt: now + lostAfterMs,
      replaceAt: replace ? now : null,
      reason: "alloc is unknown since its node is disconnected",
    };
  }
  if (!replace) {
    const reason = "alloc is unknown and not replaced (disconnect.replace = false)";
    return { action: "unknown", lostAt: null, replaceAt: null, reason };
  }
  return { action: "lost", reason: "its node is down" };
}

/** One of two executions of a task that both live. */
export interface Side {
  readonly version: number;
  readonly startedAt: number | null;
  readonly score: number;
  readonly status: AllocationStatus;
}

/**
 * Which of original and replacement stays when the original's node is back (Nomad `disconnect.reconcile`). One of an
 * outdated version, or that does not run, gives way whatever the strategy.
 */
export function decideReturn(
  strategy: ReconcileStrategy,
  sides: { readonly original: Side; readonly replacement: Side; readonly jobVersion: number },
): { readonly keep: "original" | "replacement"; readonly reason: string } {
  const { original, replacement, jobVersion } = sides;
  if (original.version !== jobVersion && replacement.version === jobVersion) {
    return { keep: "replacement", reason: "the reconnected alloc is of an older job version" };
  }
  if (original.status !== "running") {
    return { keep: "replacement", reason: "the reconnected alloc does not run any more" };
  }
  if (replacement.status === "failed") {
    return { keep: "original", reason: "the replacement has failed" };
  }
  return {
    keep: keepBy(strategy, original, replacement),
    reason: `reconcile strategy ${strategy}`,
  };
}

function keepBy(
  strategy: ReconcileStrategy,
  original: Side,
  replacement: Side,
): "original" | "replacement" {
  switch (strategy) {
    case "keep_original":
      return "original";
    case "keep_replacement":
      return "replacement";
    case "best_score":
      return original.score >= replacement.score ? "original" : "replacement";
    case "longest_running": {
      const never = Number.POSITIVE_INFINITY;
      return (original.startedAt ?? never) <= (replacement.startedAt ?? never)
        ? "original"
        : "replacement";
    }
  }
}
