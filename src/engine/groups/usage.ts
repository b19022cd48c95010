import type { LiveTask } from "../state.ts";
import { candidateOf } from "./candidates.ts";
import { groupsOf } from "./jobGroups.ts";

/** Counts an execution among those that run and are to go on. */
export function countUsage(live: LiveTask): void {
  const { job, execution, node, task } = live;
  const group = task.spec.place?.group ?? "";
  const { traits } = candidateOf(node);
  groupsOf(job).live.usage.add(execution.number, group, node.record.number, traits);
}

/** It has ended, or is to: placement looks past it. */
export function dropUsage({ job, execution }: LiveTask): void {
  job.groups?.usage.remove(execution.number);
}
