import type { DefinitionContent, DefinitionRecord } from "../../model/fleet/definition.ts";
import type { Actor } from "../input.ts";
import { changed } from "../stamps.ts";
import type { Fleet } from "../state.ts";

/**
 * Changes the working copy. A request that is under way is withdrawn: what its approver was shown is not what would run.
 * The running revision goes on running meanwhile (OPMATE 6.3).
 */
export function editWorking(
  fleet: Fleet,
  definition: DefinitionRecord,
  working: DefinitionContent,
  actor: Actor,
): void {
  fleet.definitions.put({
    ...definition,
    working,
    approval: { state: "none" },
    ...changed(fleet, actor),
  });
}
