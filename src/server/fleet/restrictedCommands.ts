import {
  findRestricted,
  type RestrictedCommandRecord,
} from "../../model/fleet/restrictedCommand.ts";
import type { RESTRICTED_COMMAND_ENDPOINTS } from "../../protocol/api/endpoint/restrictedCommands.ts";
import type { HandlersOf } from "../routes/call.ts";
import type { ServerContext } from "../routes/context.ts";
import { givenOf } from "../routes/lookup.ts";
import { stampsView } from "../views/user.ts";
import { contentAt, findDefinition } from "./definitionLookup.ts";
import { byId, hasPart, rows } from "./rows.ts";
import { decodedScript, scriptBytes } from "./scriptText.ts";
import { ask } from "./users.ts";

/** Places of one answer; whoever has more of them has to mend the script first. */
const FINDINGS_MAX = 1_000;
/** Characters of a line that are shown with a place. */
const LINE_SHOWN_MAX = 200;

/** The list of restricted commands, and the check of a script against it. */
export function restrictedCommandHandlers(
  context: ServerContext,
): HandlersOf<typeof RESTRICTED_COMMAND_ENDPOINTS> {
  const { fleet } = context;
  const view = (record: RestrictedCommandRecord) => ({
    word: record.id,
    class: record.class,
    description: record.description,
    ...stampsView(fleet.state, record),
  });
  return {
    "GET /restricted-commands": async ({ query }) => {
      const fits = byId(fleet.state.restrictedCommands.values()).filter(
        (record) =>
          hasPart(record.id, query.word) &&
          (query.class === undefined || record.class === query.class),
      );
      return rows(fits, query, view);
    },
    "PUT /restricted-commands/{word}": async ({ parameters, body, caller }) => {
      const { word } = parameters;
      const { class: wordClass, description } = await body();
      const set = { word, class: wordClass, ...givenOf({ description }) };
      await ask(context, caller, { request: "setRestrictedCommand", ...set });
      const record = fleet.state.restrictedCommands.find(word);
      if (record === undefined) throw new Error("a word that was set is not there");
      return view(record);
    },
    "DELETE /restricted-commands/{word}": async ({ parameters, caller }) => {
      const { word } = parameters;
      await ask(context, caller, { request: "removeRestrictedCommand", word });
      return undefined;
    },
    "GET /definitions/{definitionId}/restricted-commands": async ({ parameters, query }) => {
      const definition = findDefinition(context, parameters.definitionId);
      const revision = query.revision ?? definition.revision;
      const { script } = await contentAt(context, definition, revision);
      const bytes = await scriptBytes(context, script.sha256);
      const { text, encoding } = decodedScript(bytes, query.encoding);
      const found = findRestricted(text, fleet.state.restrictedCommands.values());
      const lines = text.split("\n");
      const items = found.slice(0, FINDINGS_MAX).map((finding) => ({
        ...finding,
        text: (lines[finding.line - 1] ?? "").trim().slice(0, LINE_SHOWN_MAX),
      }));
      return { revision, scriptName: script.name, encoding, items, total: found.length };
    },
  };
}
