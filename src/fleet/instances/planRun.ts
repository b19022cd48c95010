import type { DefinitionRecord } from "../../model/fleet/definition.ts";
import type { RequestError } from "../../model/requestError.ts";
import type { Actor } from "../input.ts";
import { isRefusal, notPermitted, type Refusal } from "../reply.ts";
import type { Fleet } from "../state.ts";
import type { NodeLookup } from "../world.ts";
import { runRelations, subsetOf } from "./requests.ts";
import { planMistake, runnableRevision } from "./start.ts";
import { planTargets, type TargetPlan } from "./targetPlan.ts";

/** What a run on demand would do now, and everything that stands against it. */
export interface RunPlan {
  /** 0: none was approved, so that it is planned by the working copy. */
  readonly revision: number;
  readonly refusals: readonly RequestError[];
  readonly plan: TargetPlan;
}

/** Changes nothing. `nodes`: those that would be picked; null: all targets. */
export function planRun(
  fleet: Fleet,
  world: NodeLookup,
  definition: DefinitionRecord,
  nodes: readonly string[] | null,
  actor: Actor,
): RunPlan {
  const refusals: Refusal[] = [];
  const note = <Value extends object>(value: Value | Refusal | null): Value | null => {
    if (value === null || !isRefusal(value)) return value as Value | null;
    refusals.push(value);
    return null;
  };
  note(notPermitted("run", actor, runRelations(fleet, definition, actor)));
  note(runnableRevision(fleet, definition, "byOnDemand"));
  const content = fleet.revisions.get(definition.number)?.content ?? definition.working;
  const only = nodes === null ? null : note(subsetOf(fleet, world, definition, content, nodes));
  const plan = planTargets(fleet, world, content, only);
  note(planMistake(definition, plan));
  return { revision: definition.revision, refusals: refusals.map(({ error }) => error), plan };
}
