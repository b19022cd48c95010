import { action, type CommandObject } from "../command/action.ts";
import { required, text } from "../command/option.ts";
import { roleOption } from "../command/people.ts";
import { PAGING } from "../command/shared.ts";

export const ACCESSKEY: CommandObject = {
  summary: "Keys by which programs act as a user",
  actions: {
    list: action({
      summary: "List your access keys; administrators see everybody's",
      options: { owner: text("oi", "user-id", "Keys of this user"), ...PAGING },
      tellsRequest: true,
      load: async () => (await import("./list.ts")).run,
    }),
    create: action({
      summary: "Make an access key; its secret is shown this once",
      options: {
        name: required(text("nm", "name", "What it is for")),
        role: roleOption("The most that it may do; default and limit: your own role"),
        expiresIn: text("ei", "duration", "Good for this time, as 720h; default: for ever"),
      },
      operands: ["name"],
      tellsRequest: true,
      load: async () => (await import("./create.ts")).run,
    }),
    delete: action({
      summary: "Take an access key back",
      options: { id: required(text("id", "key-id", "The key, as the list shows it")) },
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./delete.ts")).run,
    }),
  },
};
