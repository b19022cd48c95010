import { DISCONNECT_DEFAULT } from "../../model/groupDefaults.ts";
import type {
  CheckRestart,
  DisconnectPolicy,
  MigratePolicy,
  ReschedulePolicy,
  RestartPolicy,
  UpdatePolicy,
} from "../../model/groupPolicy.ts";
import type { AffinitySpec, ConstraintSpec, SpreadSpec } from "../../model/placementSpec.ts";
import { toNanoseconds } from "../read/duration.ts";
import type { PlainValue } from "../tree.ts";

export function restartJson(policy: RestartPolicy): PlainValue {
  return {
    Attempts: policy.attempts,
    Interval: toNanoseconds(policy.intervalMs),
    Delay: toNanoseconds(policy.delayMs),
    Mode: policy.mode,
  };
}

export function rescheduleJson(policy: ReschedulePolicy | null): PlainValue {
  if (policy === null) return null;
  return {
    Attempts: policy.attempts,
    Interval: toNanoseconds(policy.intervalMs),
    Delay: toNanoseconds(policy.delayMs),
    DelayFunction: policy.delayFunction,
    MaxDelay: toNanoseconds(policy.maxDelayMs),
    Unlimited: policy.unlimited,
  };
}

/** An update that is switched off is one of no executions at once. */
export function updateJson(policy: UpdatePolicy | null, jobType: string): PlainValue {
  if (policy === null) return jobType === "service" ? { MaxParallel: 0 } : null;
  return {
    MaxParallel: policy.maxParallel,
    HealthCheck: policy.healthCheck,
    MinHealthyTime: toNanoseconds(policy.minHealthyTimeMs),
    HealthyDeadline: toNanoseconds(policy.healthyDeadlineMs),
    ProgressDeadline: toNanoseconds(policy.progressDeadlineMs),
    AutoRevert: policy.autoRevert,
    AutoPromote: policy.autoPromote,
    Canary: policy.canary,
    Stagger: toNanoseconds(policy.staggerMs),
  };
}

export function migrateJson(policy: MigratePolicy | null): PlainValue {
  if (policy === null) return null;
  return {
    MaxParallel: policy.maxParallel,
    HealthCheck: policy.healthCheck,
    MinHealthyTime: toNanoseconds(policy.minHealthyTimeMs),
    HealthyDeadline: toNanoseconds(policy.healthyDeadlineMs),
  };
}

/** Null: as when nothing is written. */
export function disconnectJson(policy: DisconnectPolicy): PlainValue {
  const { lostAfterMs, replace, reconcile, stopOnClientAfterMs } = policy;
  const isDefault =
    lostAfterMs === DISCONNECT_DEFAULT.lostAfterMs &&
    replace === DISCONNECT_DEFAULT.replace &&
    reconcile === DISCONNECT_DEFAULT.reconcile &&
    stopOnClientAfterMs === DISCONNECT_DEFAULT.stopOnClientAfterMs;
  if (isDefault) return null;
  return {
    LostAfter: toNanoseconds(lostAfterMs),
    Replace: replace,
    Reconcile: reconcile,
    StopOnClientAfter: stopOnClientAfterMs === null ? null : toNanoseconds(stopOnClientAfterMs),
  };
}

export function checkRestartJson(policy: CheckRestart | null): PlainValue {
  if (policy === null) return null;
  return {
    Limit: policy.limit,
    Grace: toNanoseconds(policy.graceMs),
    IgnoreWarnings: policy.ignoreWarnings,
  };
}

export function constraintsJson(constraints: readonly ConstraintSpec[]): PlainValue {
  return constraints.map(({ attribute, operator, value }) => ({
    LTarget: attribute,
    RTarget: value,
    Operand: operator,
  }));
}

export function affinitiesJson(affinities: readonly AffinitySpec[]): PlainValue {
  return affinities.map(({ attribute, operator, value, weight }) => ({
    LTarget: attribute,
    RTarget: value,
    Operand: operator,
    Weight: weight,
  }));
}

export function spreadsJson(spreads: readonly SpreadSpec[]): PlainValue {
  return spreads.map(({ attribute, weight, targets }) => ({
    Attribute: attribute,
    Weight: weight,
    SpreadTarget: targets.map(({ value, percent }) => ({ Value: value, Percent: percent })),
  }));
}
