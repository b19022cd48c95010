import { counted } from "./counted.ts";
import { formatGoDuration } from "./duration.ts";
import type { ReschedulePolicy, RestartPolicy } from "./groupPolicy.ts";

/** Policies in words, for everything that shows which one decided. */

/** As `2 attempts in 30m0s, 15s apart, then fail`. */
export function restartText(policy: RestartPolicy): string {
  const { attempts, intervalMs, delayMs, mode } = policy;
  if (attempts === 0) return "no restarts";
  const interval = formatGoDuration(intervalMs);
  const then = mode === "fail" ? "fail" : "wait for the next interval";
  return `${counted(attempts, "attempt")} in ${interval}, ${formatGoDuration(delayMs)} apart, then ${then}`;
}

/** As `unlimited with exponential delay, initial 30s, max_delay 1h0m0s`. Null: the type has none. */
export function rescheduleText(policy: ReschedulePolicy | null): string {
  if (policy === null) return "never rescheduled";
  const { attempts, intervalMs, delayMs, delayFunction, maxDelayMs, unlimited } = policy;
  if (attempts === 0 && !unlimited) return "no reschedules";
  const limit = unlimited
    ? "unlimited"
    : `${counted(attempts, "attempt")} in ${formatGoDuration(intervalMs)}`;
  const delay = formatGoDuration(delayMs);
  if (delayFunction === "constant") return `${limit} with constant delay ${delay}`;
  const most = formatGoDuration(maxDelayMs);
  return `${limit} with ${delayFunction} delay, initial ${delay}, max_delay ${most}`;
}
