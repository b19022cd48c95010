import { formatGoDuration } from "../model/duration.ts";
import { type GroupJobType, RESTART_DEFAULTS } from "../model/groupDefaults.ts";
import type { RestartPolicy } from "../model/groupPolicy.ts";
import { finding, type PolicyFinding } from "./finding.ts";

/** Below it a window says nothing (Nomad). */
export const RESTART_INTERVAL_MIN_MS = 5_000;

/** Field by field: what is not written keeps the outer value. */
export function mergeRestart(
  outer: RestartPolicy,
  written: Partial<RestartPolicy> | null,
): RestartPolicy {
  return { ...outer, ...written };
}

/** The policies of a group and of a member of it: the member's over the group's over the defaults of the job's type. */
export function resolveRestart(
  jobType: GroupJobType,
  group: Partial<RestartPolicy> | null,
  member: Partial<RestartPolicy> | null,
): { readonly group: RestartPolicy; readonly member: RestartPolicy } {
  const ofGroup = mergeRestart(RESTART_DEFAULTS[jobType], group);
  return { group: ofGroup, member: mergeRestart(ofGroup, member) };
}

/** A policy as its user wrote it; the mode may be anything. */
export interface UncheckedRestart {
  readonly attempts: number;
  readonly intervalMs: number;
  readonly delayMs: number;
  readonly mode: string;
}

/** Everything that is wrong with it; empty: it is valid. */
export function validateRestart(policy: UncheckedRestart): readonly PolicyFinding[] {
  const { attempts, intervalMs, delayMs, mode } = policy;
  const findings: PolicyFinding[] = [];
  const add = (code: string, field: string, message: string) =>
    findings.push(finding(code, field, message));
  if (mode !== "fail" && mode !== "delay") {
    add("mode_invalid", "mode", `restart: expected mode "fail" or "delay", got "${mode}"`);
  }
  if (attempts < 0)
    add("attempts_negative", "attempts", `restart: attempts must not be negative: ${attempts}`);
  if (delayMs < 0) {
    add(
      "delay_negative",
      "delayMs",
      `restart: delay must not be negative: ${formatGoDuration(delayMs)}`,
    );
  }
  if (attempts === 0 && mode !== "fail") {
    add(
      "zero_attempts_ambiguous",
      "attempts",
      `restart: attempts 0 with mode "${mode}" is ambiguous; use "fail"`,
    );
  }
  const interval = formatGoDuration(intervalMs);
  if (intervalMs < RESTART_INTERVAL_MIN_MS) {
    const least = formatGoDuration(RESTART_INTERVAL_MIN_MS);
    add(
      "interval_below_minimum",
      "intervalMs",
      `restart: interval must be at least ${least}, got ${interval}`,
    );
  }
  if (attempts * delayMs > intervalMs) {
    const delay = formatGoDuration(delayMs);
    const text = `${attempts} attempts with a delay of ${delay} do not fit in interval ${interval}`;
    add("attempts_do_not_fit_interval", "intervalMs", `restart: ${text}`);
  }
  return findings;
}
