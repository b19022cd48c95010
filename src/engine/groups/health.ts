import type { AllocationState } from "../../model/allocation.ts";
import type { GroupSpec } from "../../model/group.ts";
import type { Engine, Node } from "../state.ts";
import { allocationOf, healthRuleOf, setAllocation } from "./allocation.ts";
import { noteProgress } from "./deployment.ts";
import { noteUnhealthy } from "./fault.ts";
import { groupOf, groupsOf, mayMoveOthers } from "./jobGroups.ts";

/** What the node says of an execution of a group that goes on. */
export function allocationReported(
  engine: Engine,
  node: Node,
  execution: number,
  state: AllocationState,
): void {
  const live = engine.executions.get(execution);
  if (live?.execution.allocation === undefined || live.node !== node) return;
  const before = allocationOf(live).state;
  if (live.execution.state === "assigned") live.execution.state = "running";
  setAllocation(engine, live, { state });
  const isOther =
    before?.status !== state.status || before.health?.healthy !== state.health?.healthy;
  if (!isOther) return;
  const { job, task } = live;
  const group = groupOf(job, task);
  const isDeployed = allocationOf(live).version === groupsOf(job).record.version;
  if (group !== null && isDeployed && isGood(group, state)) noteProgress(engine, job, task);
  if (state.health?.healthy === false) noteUnhealthy(engine, live, state);
  if (mayMoveOthers(live)) engine.movingJobs.add(job.record.number);
}

/** Healthy, or running where nobody asks for health. */
function isGood(group: GroupSpec, { status, health }: AllocationState): boolean {
  return healthRuleOf(group) === null ? status === "running" : health?.healthy === true;
}
