import type { GroupSpec } from "../../model/group.ts";
import { foldId } from "../../model/id.ts";
import type { JobSpec } from "../../model/job.ts";
import { type Engine, type Job, liveOf } from "../state.ts";
import { isBeside, isLoneCanary } from "./canaries.ts";
import { groupTaskId, progressOf, specOfVersion } from "./jobGroups.ts";
import { canariesWanted, isKept, ordinaryCount } from "./kept.ts";
import { keptByCanaries } from "./versions.ts";

/** How a group would try its version in canaries. */
export interface PlannedTrial {
  /** Tasks below this index keep their version. */
  readonly ordinary: number;
  /** Indexes of the tasks that get a canary. */
  readonly canaries: readonly number[];
  /** Canaries that are there already and stay. */
  readonly present: number;
}

/** Null: what registering the spec does to the group needs no promotion. `isSame`: it makes no new version. */
export function plannedTrial(
  engine: Engine,
  job: Job | null,
  spec: JobSpec,
  group: GroupSpec,
  isSame: boolean,
): PlannedTrial | null {
  if (job === null || job.groups === null) return null;
  if (isSame) return isKept(job, group.name) ? presentTrial(engine, job, group) : null;
  const version = keptByCanaries(engine, job, spec).get(group.name);
  if (version === undefined) return null;
  const before = specOfVersion(job, version)?.groups.find(({ name }) => name === group.name);
  return {
    ordinary: Math.min(group.count, before?.count ?? group.count),
    canaries: Array.from({ length: group.update?.canary ?? 0 }, (_, index) => index),
    present: 0,
  };
}

function presentTrial(engine: Engine, job: Job, group: GroupSpec): PlannedTrial {
  const canaries: number[] = [];
  let present = 0;
  for (let index = 0; index < canariesWanted(job, group.name); index += 1) {
    const state = canaryOn(engine, job, group, index);
    if (state === "waiting") canaries.push(index);
    else if (state === "running") present += 1;
  }
  return { ordinary: ordinaryCount(job, group), canaries, present };
}

function canaryOn(engine: Engine, job: Job, group: GroupSpec, index: number) {
  const number = job.groups?.byId.get(foldId(groupTaskId(job, group.name, index, null)));
  const task = number === undefined ? undefined : job.groups?.tasks.get(number);
  if (task === undefined) return "waiting";
  if (!isLoneCanary(job, task)) return progressOf(task).canary?.state ?? "waiting";
  if (task.progress.state === "completed") return "failed";
  return liveOf(engine, task) === null ? "waiting" : "running";
}

/** Executions of a group that run and are not told to stop, canaries included. */
export function runningIn(engine: Engine, job: Job | null, group: string): number {
  return [...(job?.groups?.tasks.values() ?? [])]
    .filter((task) => task.spec.place?.group === group)
    .flatMap((task) => {
      const canary = engine.executions.get(progressOf(task).canary?.execution ?? 0);
      return [liveOf(engine, task), canary === undefined || !isBeside(canary) ? null : canary];
    })
    .filter((live) => live?.execution.stopReason === null).length;
}
