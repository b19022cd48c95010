import { action, type CommandObject } from "../command/action.ts";
import { required, text } from "../command/option.ts";
import { roleOption } from "../command/people.ts";

export const SYSTEM: CommandObject = {
  summary: "The server itself",
  actions: {
    view: action({
      summary: "Show what this server is",
      options: {},
      load: async () => (await import("./view.ts")).run,
    }),
    health: action({
      summary: "Say whether the server is well; exit 0 only if it is",
      options: {},
      load: async () => (await import("./health.ts")).run,
    }),
    token: action({
      summary: "List API tokens; with a name, make one, which is shown this once",
      options: {
        name: text("nm", "name", "Name of the token to make"),
        role: roleOption("What it may do; default 2"),
      },
      operands: ["name"],
      load: async () => (await import("./token.ts")).run,
    }),
    revoke: action({
      summary: "Take a token back: an API token, or a join token",
      options: { id: required(text("id", "token-id", "The token, as lists show it")) },
      operands: ["id"],
      load: async () => (await import("./revoke.ts")).run,
    }),
  },
};
