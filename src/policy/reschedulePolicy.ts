import { formatGoDuration } from "../model/duration.ts";
import { type GroupJobType, RESCHEDULE_DEFAULTS } from "../model/groupDefaults.ts";
import type { ReschedulePolicy } from "../model/groupPolicy.ts";
import { finding, type PolicyFinding } from "./finding.ts";
import { fitAttempts } from "./rescheduleFit.ts";

export const RESCHEDULE_DELAY_MIN_MS = 5_000;
export const RESCHEDULE_INTERVAL_MIN_MS = 15_000;

/** The group's over the job's over the defaults of the job's type; null: the type has none (system, sysbatch). */
export function resolveReschedule(
  jobType: GroupJobType,
  job: Partial<ReschedulePolicy> | null,
  group: Partial<ReschedulePolicy> | null,
): ReschedulePolicy | null {
  const defaults = RESCHEDULE_DEFAULTS[jobType];
  return defaults === null ? null : { ...defaults, ...job, ...group };
}

/** Switched off: 0 attempts and not unlimited. */
export function isRescheduleEnabled(policy: ReschedulePolicy | null): policy is ReschedulePolicy {
  return policy !== null && (policy.attempts > 0 || policy.unlimited);
}

/** A policy as its user wrote it; the function may be anything. */
export interface UncheckedReschedule extends Omit<ReschedulePolicy, "delayFunction"> {
  readonly delayFunction: string;
}

/** What is wrong, and for attempts that do not fit how many would, and the interval that all of them need. */
export interface RescheduleFindings {
  readonly findings: readonly PolicyFinding[];
  readonly possibleAttempts: number | null;
  readonly recommendedIntervalMs: number | null;
}

const FUNCTIONS = ["constant", "exponential", "fibonacci"];

function delayFindings(policy: UncheckedReschedule): PolicyFinding[] {
  const { delayMs, maxDelayMs, delayFunction } = policy;
  const findings: PolicyFinding[] = [];
  const add = (code: string, field: string, message: string) =>
    findings.push(finding(code, field, message));
  const least = formatGoDuration(RESCHEDULE_DELAY_MIN_MS);
  const delay = formatGoDuration(delayMs);
  if (delayMs < RESCHEDULE_DELAY_MIN_MS) {
    add(
      "delay_below_minimum",
      "delayMs",
      `reschedule: delay must be at least ${least}, got ${delay}`,
    );
  }
  if (!FUNCTIONS.includes(delayFunction)) {
    const text = `expected delay_function ${FUNCTIONS.join(", ")}, got "${delayFunction}"`;
    add("delay_function_invalid", "delayFunction", `reschedule: ${text}`);
  }
  if (delayFunction === "constant") return findings;
  const most = formatGoDuration(maxDelayMs);
  if (maxDelayMs < RESCHEDULE_DELAY_MIN_MS) {
    add(
      "max_delay_below_minimum",
      "maxDelayMs",
      `reschedule: max_delay must be at least ${least}, got ${most}`,
    );
  }
  if (maxDelayMs < delayMs) {
    add(
      "max_delay_below_delay",
      "maxDelayMs",
      `reschedule: max_delay ${most} is below delay ${delay}`,
    );
  }
  return findings;
}

function limitFindings(policy: UncheckedReschedule): PolicyFinding[] {
  const { attempts, intervalMs, unlimited } = policy;
  const findings: PolicyFinding[] = [];
  const add = (code: string, field: string, message: string) =>
    findings.push(finding(code, field, message));
  if (attempts < 0) {
    add("attempts_negative", "attempts", `reschedule: attempts must not be negative: ${attempts}`);
  }
  if (attempts > 0 && intervalMs <= 0) {
    add(
      "interval_missing",
      "intervalMs",
      "reschedule: interval must be above 0 where attempts are above 0",
    );
  }
  if (attempts > 0 && unlimited) {
    const text = `attempts ${attempts} with unlimited = true is ambiguous; write unlimited = false`;
    add("attempts_and_unlimited_ambiguous", "unlimited", `reschedule: ${text}, or attempts = 0`);
  }
  return findings;
}

function fitFindings(policy: UncheckedReschedule): RescheduleFindings {
  const fit = fitAttempts(policy);
  if (fit.fits) return { findings: [], possibleAttempts: null, recommendedIntervalMs: null };
  const interval = formatGoDuration(policy.intervalMs);
  const recommended = formatGoDuration(fit.recommendedIntervalMs);
  const found = finding(
    "attempts_do_not_fit_interval",
    "intervalMs",
    `reschedule: ${policy.attempts} attempts do not fit in interval ${interval}, only ${fit.possibleAttempts} do;` +
      ` set interval to at least ${recommended}`,
  );
  const { possibleAttempts, recommendedIntervalMs } = fit;
  return { findings: [found], possibleAttempts, recommendedIntervalMs };
}

/** Everything that is wrong with it; a policy that is switched off is always valid. */
export function validateReschedule(policy: UncheckedReschedule): RescheduleFindings {
  if (policy.attempts === 0 && !policy.unlimited) {
    return { findings: [], possibleAttempts: null, recommendedIntervalMs: null };
  }
  const delays = delayFindings(policy);
  const findings = [...limitFindings(policy), ...delays];
  if (policy.unlimited) return { findings, possibleAttempts: null, recommendedIntervalMs: null };
  if (policy.intervalMs < RESCHEDULE_INTERVAL_MIN_MS) {
    const least = formatGoDuration(RESCHEDULE_INTERVAL_MIN_MS);
    const got = formatGoDuration(policy.intervalMs);
    const text = `reschedule: interval must be at least ${least}, got ${got}`;
    findings.push(finding("interval_below_minimum", "intervalMs", text));
  }
  // With a wrong delay there is nothing to calculate with.
  if (delays.length > 0 || policy.attempts < 0) {
    return { findings, possibleAttempts: null, recommendedIntervalMs: null };
  }
  const fit = fitFindings(policy);
  return { ...fit, findings: [...findings, ...fit.findings] };
}

/** For a type of job that has no `reschedule`: it must not be written at all. */
export function validateRescheduleJobType(jobType: GroupJobType): readonly PolicyFinding[] {
  if (RESCHEDULE_DEFAULTS[jobType] !== null) return [];
  const text = `${jobType} jobs are never rescheduled and must not have a reschedule block`;
  return [finding("reschedule_not_allowed_for_job_type", "", text)];
}
