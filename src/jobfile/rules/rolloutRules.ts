import type { GroupSpec } from "../../model/group.ts";
import type { Reading } from "../read/reading.ts";

/** Times of `update` and `migrate` that contradict each other: nothing could become healthy in time (Nomad). */
export function rolloutIssues(
  { update, migrate }: GroupSpec,
  path: string,
  reading: Reading,
): void {
  if (!reading.refuses) return;
  if (update !== null) {
    const isWrong = update.minHealthyTimeMs >= update.healthyDeadlineMs;
    if (isWrong) healthyIssue(update, "less than", `${path}.update`, reading);
    progressIssue(update, `${path}.update`, reading);
  }
  if (migrate !== null && migrate.minHealthyTimeMs > migrate.healthyDeadlineMs)
    healthyIssue(migrate, "at most", `${path}.migrate`, reading);
}

interface HealthyTimes {
  readonly minHealthyTimeMs: number;
  readonly healthyDeadlineMs: number;
}

function healthyIssue(
  { minHealthyTimeMs, healthyDeadlineMs }: HealthyTimes,
  bound: "less than" | "at most",
  path: string,
  reading: Reading,
): void {
  const message = `Expected min_healthy_time (${minHealthyTimeMs / 1000}s) to be ${bound} healthy_deadline (${healthyDeadlineMs / 1000}s).`;
  const fields = ["minHealthyTimeMs", "healthyDeadlineMs"] as const;
  const at = writtenOf(fields, path, reading);
  reading.issue({ path: at, code: "min_healthy_time_not_below_healthy_deadline", message });
}

interface ProgressTimes {
  readonly healthyDeadlineMs: number;
  readonly progressDeadlineMs: number;
}

/** A progress_deadline of 0 is none: the first unhealthy one ends the deployment. */
function progressIssue(times: ProgressTimes, path: string, reading: Reading): void {
  const { healthyDeadlineMs, progressDeadlineMs } = times;
  if (progressDeadlineMs === 0 || healthyDeadlineMs < progressDeadlineMs) return;
  const message = `Expected healthy_deadline (${healthyDeadlineMs / 1000}s) to be less than progress_deadline (${progressDeadlineMs / 1000}s).`;
  const fields = ["healthyDeadlineMs", "progressDeadlineMs"] as const;
  const at = writtenOf(fields, path, reading);
  reading.issue({ path: at, code: "healthy_deadline_not_below_progress_deadline", message });
}

/** The first of two fields that is written: the other has its default, and so no line. */
function writtenOf(
  [first, second]: readonly [string, string],
  path: string,
  reading: Reading,
): string {
  const isWritten = reading.placeOf(`${path}.${first}`) !== reading.placeOf(path);
  return `${path}.${isWritten ? first : second}`;
}
