import type { PlannedGroup } from "../../engine/groups/plan.ts";
import { refusedChange } from "../../engine/groups/register.ts";
import type { GroupJobSpec } from "../../jobfile/decode/jobs.ts";
import type { GroupUpdate, GroupUpdates } from "../../jobfile/diff/diff.ts";
import { jobDiff } from "../../jobfile/diff/jobs.ts";
import { renderDiff } from "../../jobfile/diff/render.ts";
import { foldId } from "../../model/id.ts";
import type { Plan } from "../../protocol/api/answer/group.ts";
import { present, timeOf } from "../views/present.ts";
import type { ServerContext } from "./context.ts";
import { Refusal } from "./refusal.ts";

/** What the engine would do, in the words of the diff; the counts of both are the same. */
function updatesOf(group: PlannedGroup): GroupUpdates {
  const counts: readonly (readonly [GroupUpdate, number])[] = [
    ["create", group.create],
    ["create/destroy update", group.destructive],
    ["in-place update", group.inPlace],
    ["canary", group.canary],
    ["destroy", group.stop],
    ["ignore", group.ignore],
  ];
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

/** What registering the job would change, where each of its executions would go, and why not elsewhere. */
export async function planAnswer(
  context: ServerContext,
  spec: GroupJobSpec,
  warnings: readonly string[],
): Promise<Plan> {
  const stored = await context.store.readJob(foldId(spec.id));
  const before = stored?.record ?? null;
  // Through the loop, which reads the job: one that has completed is in the store alone.
  const reply = await context.requests.submit({ kind: "planJob", spec });
  if (!reply.ok) throw new Refusal(reply.error);
  const { refused = null, groups = [], note = null, nextLaunchAt = null } = reply.plan ?? {};
  const reason = refused ?? (before === null ? null : refusedChange(before, spec)?.error) ?? null;
  if (reason !== null) throw new Refusal(reason);
  const old = before?.spec.groups === undefined ? null : (before.spec as GroupJobSpec);
  const isDead =
    before !== null && before.state !== "active" && before.terminateReason !== "AllTasksComplete";
  const updates = Object.fromEntries(groups.map((group) => [group.group, updatesOf(group)]));
  const diff = jobDiff(isDead ? null : old, spec, updates);
  const lines = renderDiff(diff, false).map(({ text }) => text);
  const isMoving = groups.some(
    ({ create, destructive, inPlace, canary, stop }) =>
      create + destructive + inPlace + canary + stop > 0,
  );
  return {
    jobId: spec.id,
    isChange: diff.kind !== "None" || isMoving,
    modifyIndex: before?.groups?.modifyIndex ?? 0,
    diff: lines,
    groups: groups.map((group) => ({
      ...group,
      reasons: [...group.reasons],
      placements: group.placements.map(({ taskId, nodeId, score, elsewhere }) => ({
        taskId,
        ...(nodeId === null ? {} : { nodeId }),
        ...(score === null ? {} : { score }),
        elsewhere: elsewhere.map((one) => ({ ...one })),
      })),
    })),
    warnings: [...warnings],
    ...present({ note, nextLaunchTime: timeOf(nextLaunchAt) }),
  };
}
