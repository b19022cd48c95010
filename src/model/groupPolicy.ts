/** Policies of self-healing jobs as data, after Nomad; every default filled in. What they lead to is decided in src/policy. */

/** What a member does when its process ends, on its node and in its execution (Nomad `restart`). */
export interface RestartPolicy {
  /** Restarts allowed in one interval; a process runs attempts + 1 times. */
  readonly attempts: number;
  /** Fixed window, not a sliding one. */
  readonly intervalMs: number;
  /** Before each restart; up to a quarter is added by chance. */
  readonly delayMs: number;
  /** When the attempts are used up: `fail` gives up, `delay` waits for the window's end. */
  readonly mode: "fail" | "delay";
}

export type DelayFunction = "constant" | "exponential" | "fibonacci";

/** What happens to a task whose execution failed for good on its node (Nomad `reschedule`). */
export interface ReschedulePolicy {
  readonly attempts: number;
  /** Sliding window in which attempts count; 0 with `unlimited`. */
  readonly intervalMs: number;
  readonly delayMs: number;
  readonly delayFunction: DelayFunction;
  /** Ceiling of the delay; 0: none. */
  readonly maxDelayMs: number;
  readonly unlimited: boolean;
}

/** When a failing check restarts its member (Nomad `check_restart`). */
export interface CheckRestart {
  /** 0: off. */
  readonly limit: number;
  readonly graceMs: number;
  readonly ignoreWarnings: boolean;
}

export type ReconcileStrategy =
  | "best_score"
  | "keep_original"
  | "keep_replacement"
  | "longest_running";

/** What happens when a group's node is out of contact (Nomad `disconnect`). */
export interface DisconnectPolicy {
  /** How long an execution stays `unknown` before it is lost; 0: it is lost at once. */
  readonly lostAfterMs: number;
  /** Whether a replacement is started while the original is unknown. */
  readonly replace: boolean;
  /** Which of the two is kept when the original comes back. */
  readonly reconcile: ReconcileStrategy;
  /** After so long without a server the node stops the tasks by itself; null: never. */
  readonly stopOnClientAfterMs: number | null;
}

export type HealthCheckKind = "checks" | "task_states" | "manual";

/** How executions leave a node that is drained (Nomad `migrate`). */
export interface MigratePolicy {
  readonly maxParallel: number;
  readonly healthCheck: Exclude<HealthCheckKind, "manual">;
  readonly minHealthyTimeMs: number;
  readonly healthyDeadlineMs: number;
}

/** How a new version of a service takes the place of the old one (Nomad `update`). */
export interface UpdatePolicy {
  readonly maxParallel: number;
  readonly healthCheck: HealthCheckKind;
  readonly minHealthyTimeMs: number;
  readonly healthyDeadlineMs: number;
  /** 0: the first unhealthy execution fails the deployment. */
  readonly progressDeadlineMs: number;
  readonly autoRevert: boolean;
  readonly autoPromote: boolean;
  /** 0: none. */
  readonly canary: number;
  /** Between batches of a system job. */
  readonly staggerMs: number;
}
