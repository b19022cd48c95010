import type { DefinitionRecord } from "../../model/fleet/definition.ts";
import {
  findRestricted,
  type RestrictedFinding,
  restrictedWordMistake,
} from "../../model/fleet/restrictedCommand.ts";
import type { Actor, RestrictedRequest, ScriptText } from "../input.ts";
import { DONE, type FleetReply, notPermitted, type Refusal, refuse } from "../reply.ts";
import { changed, made } from "../stamps.ts";
import type { Fleet } from "../state.ts";

/** Places that a refusal names; `stint task checkscript` shows all of them. */
const NAMED_MAX = 5;

/** Changes of the list of restricted commands. What was approved before runs on. */
export function applyToRestricted(
  fleet: Fleet,
  request: RestrictedRequest,
  actor: Actor,
): FleetReply {
  const refused = notPermitted("editRestrictedCommands", actor);
  if (refused !== null) return refused;
  const { word } = request;
  const found = fleet.restrictedCommands.find(word);
  if (request.request === "removeRestrictedCommand") {
    if (found?.id !== word) return notFound(word);
    fleet.restrictedCommands.delete(found);
    return DONE;
  }
  const mistake = restrictedWordMistake(word);
  if (mistake !== null) {
    return refuse("InvalidPropertyValue", mistake, "Give the command alone, as rm.", "word");
  }
  const { class: wordClass, description } = request;
  if (found === undefined) {
    fleet.counters.restrictedCommand += 1;
    const number = fleet.counters.restrictedCommand;
    const record = { number, id: word, class: wordClass, description: description ?? "" };
    fleet.restrictedCommands.put({ ...record, ...made(fleet, actor) });
    return DONE;
  }
  fleet.restrictedCommands.put({
    ...found,
    id: word,
    class: wordClass,
    description: description ?? found.description,
    ...changed(fleet, actor),
  });
  return DONE;
}

function notFound(word: string): Refusal {
  return refuse(
    "RestrictedCommandNotFound",
    `${JSON.stringify(word)} is not in the list of restricted commands.`,
    "List them: stint dictionary list.",
  );
}

/**
 * Null: nothing in the working copy's script is forbidden. The script comes with the request, because its content is not in
 * the machine; the list is looked at as it is now.
 */
export function forbiddenIn(
  fleet: Fleet,
  { id, working }: DefinitionRecord,
  script: ScriptText | undefined,
): Refusal | null {
  if (fleet.restrictedCommands.size === 0) return null;
  if (script?.sha256 !== working.script.sha256) {
    return refuse(
      "ConditionNotMet",
      `The script of task ${id}, or the list of restricted commands, was changed during its check.`,
      "Look at the change, then ask again.",
    );
  }
  const forbidden = findRestricted(script.text, fleet.restrictedCommands.values()).filter(
    (finding) => finding.class === "forbidden",
  );
  if (forbidden.length === 0) return null;
  const more = forbidden.length - NAMED_MAX;
  const places = forbidden.slice(0, NAMED_MAX).map(placeText).join(", ");
  return refuse(
    "ForbiddenCommand",
    `Expected a script without forbidden commands, and ${working.script.name} of task ${id} has ${places}${more > 0 ? ` and ${more} more` : ""}.`,
    `Take them out of the script; all of them: stint task checkscript -id ${id} -rv 0.`,
  );
}

function placeText({ word, line, column }: RestrictedFinding): string {
  return `${word} (line ${line}, column ${column})`;
}
