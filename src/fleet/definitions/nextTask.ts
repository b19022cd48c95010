import type { DefinitionNumber, DefinitionRecord } from "../../model/fleet/definition.ts";
import { type Refusal, refuse } from "../reply.ts";
import type { Fleet } from "../state.ts";

/**
 * Tasks that start each other for ever are refused where the circle would be closed; null: there is none. Both what runs now
 * and what is being written counts, so that no order of approvals closes one.
 */
export function chainMistake(
  fleet: Fleet,
  definition: DefinitionRecord,
  nextTask: DefinitionNumber | null,
): Refusal | null {
  const path = pathTo(fleet, definition.number, nextTask, new Set());
  if (path === null) return null;
  const ids = [definition.number, ...path].map((number) => fleet.definitions.get(number)?.id);
  return refuse(
    "NextTaskLoop",
    `These tasks would start each other for ever: ${ids.join(" -> ")}.`,
    "Let the last of them have no next task, or use a schedule.",
    "nextTask",
  );
}

function pathTo(
  fleet: Fleet,
  goal: DefinitionNumber,
  from: DefinitionNumber | null,
  seen: Set<DefinitionNumber>,
): DefinitionNumber[] | null {
  if (from === null || seen.has(from)) return null;
  if (from === goal) return [goal];
  seen.add(from);
  const nexts = [
    fleet.definitions.get(from)?.working.nextTask ?? null,
    fleet.revisions.get(from)?.content.nextTask ?? null,
  ];
  for (const next of nexts) {
    const rest = pathTo(fleet, goal, next, seen);
    if (rest !== null) return [from, ...rest];
  }
  return null;
}
