import { action, type CommandObject } from "../command/action.ts";
import { required, text } from "../command/option.ts";
import { roleOption, switchOption } from "../command/people.ts";
import { PAGING } from "../command/shared.ts";

const ONE = { id: required(text("id", "user-id", "The user")) };

const NAME = text("nm", "name", "The name");
const PHONE = text("pn", "phone-num", "The phone number");
const EMAIL = text("ea", "email-address", "The e-mail address");
const DESC = text("de", "free-text", "The description");

export const USER: CommandObject = {
  summary: "Accounts of people, and their logins",
  actions: {
    list: action({
      summary: "List users",
      options: {
        id: text("id", "substring", "Part of the id"),
        name: text("nm", "substring", "Part of the name"),
        role: roleOption("Users of this role"),
        status: switchOption("Enabled or disabled ones"),
        ...PAGING,
      },
      tellsRequest: true,
      load: async () => (await import("./list.ts")).run,
    }),
    view: action({
      summary: "Show a user",
      options: ONE,
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./view.ts")).run,
    }),
    create: action({
      summary: "Make an account; an administrator has to enable it, no login is needed",
      options: {
        ...ONE,
        name: required(NAME),
        phone: required(PHONE),
        email: required(EMAIL),
        desc: DESC,
      },
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./create.ts")).run,
    }),
    edit: action({
      summary: "Change a user; role and status are for administrators",
      options: {
        ...ONE,
        newId: text("wi", "user-id", "Another id"),
        name: NAME,
        phone: PHONE,
        email: EMAIL,
        desc: DESC,
        role: roleOption("What the user may do"),
        status: switchOption("Whether the user may log in"),
      },
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./edit.ts")).run,
    }),
    delete: action({
      summary: "Delete a user who owns nothing",
      options: ONE,
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./delete.ts")).run,
    }),
    passwd: action({
      summary: "Set a user's password; all logins of the user end",
      options: ONE,
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./passwd.ts")).run,
    }),
    login: action({
      summary: "Log in; commands of this account of the machine then act as the user",
      options: ONE,
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./login.ts")).run,
    }),
    logout: action({
      summary: "Log out",
      options: {},
      tellsRequest: true,
      load: async () => (await import("./logout.ts")).run,
    }),
  },
};
