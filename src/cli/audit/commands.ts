import { action, type CommandObject } from "../command/action.ts";
import { flag, named, number, required, shownAs, text, word } from "../command/option.ts";
import { PAGING } from "../command/shared.ts";

const OUTCOME = { D: "Done", R: "Refused" } as const;

export const AUDIT: CommandObject = {
  summary: "Who changed or ran what, as a chain of records",
  actions: {
    list: action({
      summary: "List the newest records, the newest last",
      options: {
        user: text("us", "user-id", "By this user, or by the token of this name"),
        action: text("ac", "substring", "Part of the action, as /nodes"),
        outcome: shownAs("D|R", word("oc", OUTCOME, "How it ended")),
        dateGe: named("date-ge", text("dg", "YYYYMMDD", "On this day or later")),
        dateLe: named("date-le", text("dl", "YYYYMMDD", "On this day or earlier")),
        limit: PAGING.limit,
      },
      tellsRequest: true,
      load: async () => (await import("./list.ts")).run,
    }),
    view: action({
      summary: "Show a record with all that was asked for",
      options: { number: required(number("no", "number", "The number of the record", 1)) },
      operands: ["number"],
      tellsRequest: true,
      load: async () => (await import("./view.ts")).run,
    }),
    export: action({
      summary: "Write the records as lines of JSON, each with the hash of the one before",
      options: {
        after: number("af", "number", "Only records after this one"),
        file: text("fi", "path", "File to write to; default: standard output"),
        overwrite: flag("ow", "Replace a file that exists"),
      },
      tellsRequest: true,
      load: async () => (await import("./export.ts")).run,
    }),
    verify: action({
      summary: "Check that no record was changed, added or removed; exit 0 only if so",
      options: {
        file: text("fi", "path", "An exported file; default: the server's log"),
        head: text("hd", "number:hash", "A last record that you kept; it has to be there still"),
      },
      load: async () => (await import("./verify.ts")).run,
    }),
  },
};
