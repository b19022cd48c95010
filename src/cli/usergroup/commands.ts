import { action, type CommandObject } from "../command/action.ts";
import { required, text } from "../command/option.ts";
import { PAGING } from "../command/shared.ts";

const ONE = { id: required(text("id", "usergroup-id", "The user group")) };
const MEMBER = { ...ONE, userId: required(text("ui", "user-id", "The user")) };
const DESC = text("de", "free-text", "The description");

export const USERGROUP: CommandObject = {
  summary: "Groups of users",
  actions: {
    list: action({
      summary: "List user groups",
      options: {
        id: text("id", "substring", "Part of the id"),
        owner: text("oi", "user-id", "Groups of this owner"),
        ...PAGING,
      },
      tellsRequest: true,
      load: async () => (await import("./list.ts")).run,
    }),
    view: action({
      summary: "Show a user group",
      options: ONE,
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./view.ts")).run,
    }),
    create: action({
      summary: "Create a user group, which you own then",
      options: { ...ONE, desc: DESC },
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./create.ts")).run,
    }),
    edit: action({
      summary: "Change a user group, or give it to another owner",
      options: {
        ...ONE,
        newId: text("wi", "usergroup-id", "Another id"),
        owner: text("oi", "user-id", "Another owner"),
        desc: DESC,
      },
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./edit.ts")).run,
    }),
    delete: action({
      summary: "Delete a user group that may run no task",
      options: ONE,
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./delete.ts")).run,
    }),
    listuser: action({
      summary: "List the users of a group",
      options: ONE,
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./listUser.ts")).run,
    }),
    adduser: action({
      summary: "Put a user into a group",
      options: MEMBER,
      operands: ["id", "userId"],
      tellsRequest: true,
      load: async () => (await import("./addUser.ts")).run,
    }),
    rmuser: action({
      summary: "Take a user out of a group",
      options: MEMBER,
      operands: ["id", "userId"],
      tellsRequest: true,
      load: async () => (await import("./removeUser.ts")).run,
    }),
  },
};
