import type { CheckStatus, ExecutionHealth, HealthRule, MemberState } from "../model/allocation.ts";
import { formatGoDuration } from "../model/duration.ts";
import type { CheckSpec, LifecycleSpec } from "../model/group.ts";

/** What a node remembers to decide whether an execution is healthy. Plain data. */
export interface HealthState {
  /** Since when all of it has been well; null: it is not. */
  readonly wellSince: number | null;
  /** Final: one decision for each execution. */
  readonly decided: ExecutionHealth | null;
}

export const NEW_HEALTH_STATE: HealthState = { wellSince: null, decided: null };

export interface HealthMember extends Pick<MemberState, "member" | "state" | "failed"> {
  readonly lastRestartAt: number | null;
  readonly lifecycle: LifecycleSpec | null;
}

export interface HealthCheck {
  readonly name: string;
  readonly onUpdate: CheckSpec["onUpdate"];
  /** Undefined: it has not run yet. */
  readonly status: CheckStatus | undefined;
}

export interface HealthInput {
  readonly rule: HealthRule;
  /** Of the execution, where the deadline counts from. */
  readonly startedAt: number;
  readonly members: readonly HealthMember[];
  readonly checks: readonly HealthCheck[];
}

export interface HealthStep {
  readonly state: HealthState;
  /** When to decide again if nothing changes; null: it is decided. */
  readonly nextAt: number | null;
  /** What it waits for, or why it is healthy or not. */
  readonly reason: string;
}

/** well: as it should be. waits: not yet. failed: it will not be. */
type Condition =
  | { readonly kind: "well" }
  | { readonly kind: "waits" | "failed"; readonly reason: string };

const WELL: Condition = { kind: "well" };

/** Members that only run for a while: dead without failure is as it should be. */
function runsForAWhile(lifecycle: LifecycleSpec | null): boolean {
  return lifecycle !== null && !lifecycle.sidecar;
}

function memberCondition({ member, state, failed, lifecycle }: HealthMember): Condition {
  if (lifecycle?.hook === "poststop") return WELL;
  if (state === "dead" && (failed || !runsForAWhile(lifecycle))) {
    return { kind: "failed", reason: "Unhealthy because of failed task" };
  }
  const isWell = state === "running" || state === "dead";
  // A prestart that still runs holds the mains back: not there yet.
  const isHook = runsForAWhile(lifecycle) && lifecycle?.hook === "prestart" && state === "running";
  if (isWell && !isHook) return WELL;
  return { kind: "waits", reason: `Task "${member}" is not running` };
}

function isCheckWell({ onUpdate, status }: HealthCheck): boolean {
  if (onUpdate === "ignore") return true;
  switch (status) {
    case "passing":
    case "success":
      return true;
    case "warning":
      return onUpdate === "ignore_warnings";
    case "critical":
    case "failure":
    case "pending":
    case undefined:
      return false;
  }
}

function conditionOf({ rule, members, checks }: HealthInput): Condition {
  const ofMembers = members.map(memberCondition);
  const failed = ofMembers.find(({ kind }) => kind === "failed");
  const waiting = failed ?? ofMembers.find(({ kind }) => kind === "waits");
  if (waiting !== undefined) return waiting;
  if (rule.healthCheck === "task_states") return WELL;
  const bad = checks.find((check) => !isCheckWell(check));
  if (bad === undefined) return WELL;
  return { kind: "waits", reason: `Check "${bad.name}" is ${bad.status ?? "pending"}` };
}

function decided(healthy: boolean, at: number, reason: string): HealthStep {
  const health = { healthy, at, reason: healthy ? null : reason };
  return { state: { wellSince: null, decided: health }, nextAt: null, reason };
}

function lastRestart(members: readonly HealthMember[]): number {
  return Math.max(...members.map(({ lastRestartAt }) => lastRestartAt ?? Number.NEGATIVE_INFINITY));
}

/**
 * Whether an execution is healthy, for deployments and migrations: all members run, and with `checks` all checks pass,
 * for `minHealthyTimeMs` without a break before the deadline. The first decision stays. To be asked at each change and
 * at `nextAt`.
 */
export function decideHealth(state: HealthState, input: HealthInput, now: number): HealthStep {
  if (state.decided !== null) {
    return { state, nextAt: null, reason: state.decided.reason ?? "Healthy" };
  }
  const { minHealthyTimeMs, deadlineMs } = input.rule;
  const condition = conditionOf(input);
  const deadlineAt = input.startedAt + deadlineMs;
  if (condition.kind === "failed") return decided(false, now, condition.reason);
  if (condition.kind === "waits") {
    const deadline = formatGoDuration(deadlineMs);
    const late = `${condition.reason}: not healthy by healthy_deadline of ${deadline}`;
    if (now >= deadlineAt) return decided(false, now, late);
    const reason = condition.reason;
    return { state: { wellSince: null, decided: null }, nextAt: deadlineAt, reason };
  }
  // A member that was restarted between two looks was not well all the time.
  const wellSince = Math.max(state.wellSince ?? now, lastRestart(input.members));
  const healthyAt = wellSince + minHealthyTimeMs;
  const time = formatGoDuration(minHealthyTimeMs);
  if (now >= healthyAt && healthyAt <= deadlineAt) return decided(true, now, `Healthy for ${time}`);
  if (now >= deadlineAt) {
    const deadline = formatGoDuration(deadlineMs);
    const text = `Task not running for min_healthy_time of ${time} by healthy_deadline of ${deadline}`;
    return decided(false, now, text);
  }
  const nextAt = Math.min(healthyAt, deadlineAt);
  return {
    state: { wellSince, decided: null },
    nextAt,
    reason: `Waits for min_healthy_time of ${time}`,
  };
}
