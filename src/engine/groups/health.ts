import type { AllocationState } from "../../model/allocation.ts";
import type { Engine, Node } from "../state.ts";
import { allocationOf, setAllocation } from "./allocation.ts";
import { noteProgress } from "./deployment.ts";
import { groupsOf } from "./jobGroups.ts";

/** What the node says of an execution of a group that goes on. */
export function allocationReported(
  engine: Engine,
  node: Node,
  execution: number,
  state: AllocationState,
): void {
  const live = engine.executions.get(execution);
  if (live?.execution.allocation === undefined || live.node !== node) return;
  const before = allocationOf(live).state?.health ?? null;
  if (live.execution.state === "assigned") live.execution.state = "running";
  setAllocation(engine, live, { state });
  const { health } = state;
  if (health === null || health.healthy === before?.healthy) return;
  const { job, task } = live;
  const isDeployed = allocationOf(live).version === groupsOf(job).record.version;
  if (health.healthy && isDeployed) noteProgress(engine, job, task.spec.place?.group ?? "");
  engine.movingJobs.add(job.record.number);
}
