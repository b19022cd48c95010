import { jobNamed as jobOfInput, tasksNamed as tasksOfInput } from "../engine/apply.ts";
import type { Engine } from "../engine/state.ts";
import { instanceNamed } from "../fleet/apply.ts";
import { foldId } from "../model/id.ts";
import { jobIdOfInstance, taskIdOfNode } from "./fleetWorld.ts";
import type { MachineInput } from "./machine.ts";

/** The folded id of the job that an input names, which has to be in memory before it is applied; null: none. */
export function jobNamed(input: MachineInput): string | null {
  if (input.kind !== "fleet") return jobOfInput(input);
  const instance = instanceNamed(input.request);
  return instance === null ? null : foldId(jobIdOfInstance(instance));
}

/** The folded ids of the tasks that have to be loaded. */
export function tasksNamed(engine: Engine, input: MachineInput): string[] {
  if (input.kind !== "fleet") return tasksOfInput(input);
  return nodesNamed(input.request).flatMap((id) => {
    const number = engine.nodesById.get(foldId(id));
    return number === undefined ? [] : [taskIdOfNode(number)];
  });
}

function nodesNamed(request: (MachineInput & { kind: "fleet" })["request"]): readonly string[] {
  if (request.request === "rerunNodes") return request.nodes;
  return request.request === "stopInstance" && request.node !== null ? [request.node] : [];
}
