import { formatGoDuration } from "../model/duration.ts";
import type { LifecycleSpec } from "../model/group.ts";
import type { GroupJobType } from "../model/groupDefaults.ts";
import type { RestartPolicy } from "../model/groupPolicy.ts";

/** What a node remembers of a member to decide on its restarts. Plain data: it may be journaled. */
export interface RestartState {
  /** Start of the fixed window in which restarts are counted. */
  readonly windowStartedAt: number;
  /** Failures, or ends of a service, within the window; a restart that was asked for is none. */
  readonly count: number;
  /** Whether exit code 0 restarts too. */
  readonly restartsOnSuccess: boolean;
}

export type RestartEvent =
  /** The process ended; `signal` null: by itself. One killed for want of memory never counts as a success. */
  | {
      readonly kind: "exited";
      readonly exitCode: number;
      readonly signal: number | null;
      readonly oomKilled: boolean;
    }
  /** Nobody saw how it ended. */
  | { readonly kind: "unseen" }
  /** No process ran: artifacts, templates, driver. An error without a mark is not recoverable. */
  | { readonly kind: "startFailed"; readonly recoverable: boolean }
  /** It was told to stop, for good. */
  | { readonly kind: "killed" }
  /** A user or a changed template wants it anew (`manual`), or its check is unhealthy (`failure`). */
  | { readonly kind: "restartAsked"; readonly by: "manual" | "failure" };

/**
 * restart: again at `nextAt`. terminated: over, with success. fail: over, the member failed. killed: over, as asked.
 * `reason` is what people read in the events of the member; `nextAt` null: nothing follows by itself.
 */
export type RestartDecision =
  | {
      readonly action: "restart";
      readonly delayMs: number;
      readonly nextAt: number;
      readonly reason: string;
    }
  | {
      readonly action: "terminated" | "fail" | "killed";
      readonly nextAt: null;
      readonly reason: string;
    };

export interface RestartStep {
  readonly state: RestartState;
  readonly decision: RestartDecision;
}

const WITHIN_POLICY = "Restart within policy";
const DELAY_APPLIED = "Exceeded allowed attempts, applying a delay";

/** Up to this part of the delay is added by chance, so that members that failed together do not start together. */
const JITTER_PART = 0.25;

/** Whether exit code 0 restarts a member: by the job's type, but a lifecycle hook decides for itself. */
export function restartsOnSuccess(jobType: GroupJobType, lifecycle: LifecycleSpec | null): boolean {
  switch (lifecycle?.hook) {
    case "prestart":
    case "poststart":
      return lifecycle.sidecar;
    case "poststop":
      return false;
    case undefined:
      return jobType === "service" || jobType === "system";
  }
}

/** The state of a member that has not run yet; its first window begins now. */
export function newRestartState(
  jobType: GroupJobType,
  lifecycle: LifecycleSpec | null,
  now: number,
): RestartState {
  const onSuccess = restartsOnSuccess(jobType, lifecycle);
  return { windowStartedAt: now, count: 0, restartsOnSuccess: onSuccess };
}

function over(action: "terminated" | "fail" | "killed", reason: string): RestartDecision {
  return { action, nextAt: null, reason };
}

function restartAfter(delayMs: number, now: number, reason: string): RestartDecision {
  return { action: "restart", delayMs, nextAt: now + delayMs, reason };
}

function isSuccess(event: RestartEvent): boolean {
  return (
    event.kind === "exited" && event.exitCode === 0 && event.signal === null && !event.oomKilled
  );
}

/** An event exactly at the window's end is still inside. */
function counted(state: RestartState, policy: RestartPolicy, now: number): RestartState {
  if (now > state.windowStartedAt + policy.intervalMs) {
    return { ...state, windowStartedAt: now, count: 1 };
  }
  return { ...state, count: state.count + 1 };
}

function withinPolicy(
  state: RestartState,
  policy: RestartPolicy,
  now: number,
  random: () => number,
): RestartDecision {
  const { attempts, intervalMs, delayMs, mode } = policy;
  if (state.count <= attempts) {
    const jitterMs = Math.floor(random() * delayMs * JITTER_PART);
    return restartAfter(delayMs + jitterMs, now, WITHIN_POLICY);
  }
  if (mode === "delay") {
    return restartAfter(state.windowStartedAt + intervalMs - now, now, DELAY_APPLIED);
  }
  const interval = formatGoDuration(intervalMs);
  return over(
    "fail",
    `Exceeded allowed attempts ${attempts} in interval ${interval} and mode is "fail"`,
  );
}

/**
 * What becomes of a member after an event, by its `restart` policy (Nomad). The window is fixed: when an event comes
 * after its end all earlier ones are forgotten. `random` gives [0, 1).
 */
export function decideRestart(
  state: RestartState,
  policy: RestartPolicy,
  event: RestartEvent,
  now: number,
  random: () => number,
): RestartStep {
  if (event.kind === "killed") return { state, decision: over("killed", "Killed as asked") };
  if (event.kind === "restartAsked" && event.by === "manual") {
    return { state, decision: restartAfter(0, now, "Restart was asked for") };
  }
  const isDone = isSuccess(event) && !state.restartsOnSuccess;
  const done = over("terminated", "Restart unnecessary as task terminated successfully");
  if (policy.attempts === 0) {
    return { state, decision: isDone ? done : over("fail", "Policy allows no restarts") };
  }
  const next = counted(state, policy, now);
  if (event.kind === "startFailed" && !event.recoverable) {
    return { state: next, decision: over("fail", "Error was unrecoverable") };
  }
  if (isDone) return { state: next, decision: done };
  return { state: next, decision: withinPolicy(next, policy, now, random) };
}

/** The text of a member's event `Restarting`: the reason stands in front unless it is the ordinary one (Nomad). */
export function restartDescription(delayMs: number, reason: string): string {
  const text = `Task restarting in ${formatGoDuration(delayMs)}`;
  return reason === DELAY_APPLIED ? `${reason} - ${text}` : text;
}
