import type {
  CheckRestart,
  DisconnectPolicy,
  MigratePolicy,
  ReschedulePolicy,
  RestartPolicy,
  UpdatePolicy,
} from "./groupPolicy.ts";

/** The types of jobs that have groups. */
export type GroupJobType = "service" | "batch" | "system" | "sysbatch";

export const GROUP_JOB_TYPES: readonly GroupJobType[] = ["service", "batch", "system", "sysbatch"];

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

const LONG_RUNNING_RESTART: RestartPolicy = {
  attempts: 2,
  intervalMs: 30 * MINUTE_MS,
  delayMs: 15 * SECOND_MS,
  mode: "fail",
};

const FINITE_RESTART: RestartPolicy = {
  attempts: 3,
  intervalMs: 24 * HOUR_MS,
  delayMs: 15 * SECOND_MS,
  mode: "fail",
};

/** What a group has of `restart` where the job says nothing (Nomad). */
export const RESTART_DEFAULTS: Readonly<Record<GroupJobType, RestartPolicy>> = {
  service: LONG_RUNNING_RESTART,
  system: LONG_RUNNING_RESTART,
  batch: FINITE_RESTART,
  sysbatch: FINITE_RESTART,
};

/** What a group has of `reschedule` where the job says nothing (Nomad); null: this type of job has none at all. */
export const RESCHEDULE_DEFAULTS: Readonly<Record<GroupJobType, ReschedulePolicy | null>> = {
  service: {
    attempts: 0,
    intervalMs: 0,
    delayMs: 30 * SECOND_MS,
    delayFunction: "exponential",
    maxDelayMs: HOUR_MS,
    unlimited: true,
  },
  batch: {
    attempts: 1,
    intervalMs: 24 * HOUR_MS,
    delayMs: 5 * SECOND_MS,
    delayFunction: "constant",
    maxDelayMs: 0,
    unlimited: false,
  },
  system: null,
  sysbatch: null,
};

/** Of services; system jobs have `update` only where it is written (Nomad). */
export const UPDATE_DEFAULT: UpdatePolicy = {
  maxParallel: 1,
  healthCheck: "checks",
  minHealthyTimeMs: 10 * SECOND_MS,
  healthyDeadlineMs: 5 * MINUTE_MS,
  progressDeadlineMs: 10 * MINUTE_MS,
  autoRevert: false,
  autoPromote: false,
  canary: 0,
  staggerMs: 30 * SECOND_MS,
};

/** Of services. */
export const MIGRATE_DEFAULT: MigratePolicy = {
  maxParallel: 1,
  healthCheck: "checks",
  minHealthyTimeMs: 10 * SECOND_MS,
  healthyDeadlineMs: 5 * MINUTE_MS,
};

export const DISCONNECT_DEFAULT: DisconnectPolicy = {
  lostAfterMs: 0,
  replace: true,
  reconcile: "best_score",
  stopOnClientAfterMs: null,
};

export const CHECK_RESTART_DEFAULT: CheckRestart = {
  limit: 0,
  graceMs: SECOND_MS,
  ignoreWarnings: false,
};

/**
 * The `check_restart` of a check below that of its service: the check's limit wins when it is above 0, its grace when
 * it is written, and warnings are ignored if either says so. Null: neither is written.
 */
export function mergedCheckRestart(
  service: Partial<CheckRestart> | null,
  check: Partial<CheckRestart> | null,
): CheckRestart | null {
  if (service === null && check === null) return null;
  const limit = check?.limit ?? 0;
  return {
    limit: limit > 0 ? limit : (service?.limit ?? CHECK_RESTART_DEFAULT.limit),
    graceMs: check?.graceMs ?? service?.graceMs ?? CHECK_RESTART_DEFAULT.graceMs,
    ignoreWarnings: (check?.ignoreWarnings ?? false) || (service?.ignoreWarnings ?? false),
  };
}
