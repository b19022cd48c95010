import { action, type CommandObject } from "../command/action.ts";
import { required, shownAs, text, word } from "../command/option.ts";
import { PAGING } from "../command/shared.ts";

const CLASS = {
  R: "Risk: shown with requests for approval",
  F: "Forbidden: not approved",
} as const;

const WORD = required(text("wd", "word", "The command, as scripts write it"));

export const DICTIONARY: CommandObject = {
  summary: "Restricted commands: words that scripts of tasks had better not hold",
  actions: {
    list: action({
      summary: "List restricted commands",
      options: {
        word: text("wd", "substring", "Part of the word"),
        class: shownAs("R|F", word("cl", CLASS, "Those of this class")),
        ...PAGING,
      },
      tellsRequest: true,
      load: async () => (await import("./list.ts")).run,
    }),
    add: action({
      summary: "Restrict a command, or give it another class; for administrators",
      options: {
        word: WORD,
        class: required(shownAs("R|F", word("cl", CLASS, "What follows from it"))),
        desc: text("de", "free-text", "The description"),
      },
      operands: ["word"],
      tellsRequest: true,
      load: async () => (await import("./add.ts")).run,
    }),
    delete: action({
      summary: "Take a command out of the list; for administrators",
      options: { word: WORD },
      operands: ["word"],
      tellsRequest: true,
      load: async () => (await import("./delete.ts")).run,
    }),
  },
};
