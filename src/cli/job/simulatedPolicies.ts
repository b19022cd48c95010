import { formatGoDuration } from "../../model/duration.ts";
import type { GroupSpec } from "../../model/group.ts";
import type { ReschedulePolicy, RestartPolicy } from "../../model/groupPolicy.ts";
import type { JobSpec } from "../../model/job.ts";

/** Whole seconds are enough for people. */
export function span(durationMs: number): string {
  return formatGoDuration(durationMs < 1_000 ? durationMs : Math.round(durationMs / 1_000) * 1_000);
}

/** The policies that apply, defaults filled in. */
export function policyLines({ type, groups }: JobSpec): string[] {
  return (groups?.groups ?? []).flatMap((group) => [
    `Group "${group.name}", ${type}, count ${group.count}`,
    ...restartLines(group),
    `  reschedule: ${rescheduleText(group.reschedule)}`,
    `  disconnect: ${disconnectText(group)}`,
  ]);
}

function restartLines({ members }: GroupSpec): string[] {
  return members.map(({ name, restart }) => `  restart of ${name}: ${restartText(restart)}`);
}

function restartText({ attempts, intervalMs, delayMs, mode }: RestartPolicy): string {
  return `${attempts} in ${span(intervalMs)}, after ${span(delayMs)} each, then ${mode}`;
}

function rescheduleText(policy: ReschedulePolicy | null): string {
  if (policy === null) return "none for this type of job";
  const { attempts, unlimited, intervalMs, delayMs, delayFunction, maxDelayMs } = policy;
  if (!unlimited && attempts === 0) return "off";
  const often = unlimited ? "unlimited" : `${attempts} in ${span(intervalMs)}`;
  const most = maxDelayMs > 0 && delayFunction !== "constant" ? ` up to ${span(maxDelayMs)}` : "";
  return `${often}, after ${span(delayMs)}, ${delayFunction}${most}`;
}

function disconnectText({ disconnect }: GroupSpec): string {
  const { lostAfterMs, replace, reconcile, stopOnClientAfterMs } = disconnect;
  const lost = lostAfterMs === 0 ? "lost at once" : `lost after ${span(lostAfterMs)}`;
  const stop =
    stopOnClientAfterMs === null ? "" : `, stopped by the node after ${span(stopOnClientAfterMs)}`;
  return `${lost}, ${replace ? `replaced, ${reconcile}` : "not replaced"}${stop}`;
}
