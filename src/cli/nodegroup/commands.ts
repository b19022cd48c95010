import { action, type CommandObject } from "../command/action.ts";
import { required, text } from "../command/option.ts";
import { PAGING } from "../command/shared.ts";

const ONE = { id: required(text("id", "nodegroup-id", "The node group")) };
const MEMBER = { ...ONE, nodeId: required(text("ni", "node-id", "The node")) };
const KEY = required(text("ak", "key", "The key: letters, digits, _ . and -"));
const DESC = text("de", "free-text", "The description");

export const NODEGROUP: CommandObject = {
  summary: "Groups of nodes, with attributes for scripts",
  actions: {
    list: action({
      summary: "List node groups",
      options: {
        id: text("id", "substring", "Part of the id"),
        owner: text("oi", "user-id", "Groups of this owner"),
        ...PAGING,
      },
      tellsRequest: true,
      load: async () => (await import("./list.ts")).run,
    }),
    view: action({
      summary: "Show a node group",
      options: ONE,
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./view.ts")).run,
    }),
    create: action({
      summary: "Create a node group, which you own then",
      options: { ...ONE, desc: DESC },
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./create.ts")).run,
    }),
    edit: action({
      summary: "Change a node group, or give it to another owner",
      options: {
        ...ONE,
        newId: text("wi", "nodegroup-id", "Another id"),
        owner: text("oi", "user-id", "Another owner"),
        desc: DESC,
      },
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./edit.ts")).run,
    }),
    delete: action({
      summary: "Delete a node group that is no target of a task",
      options: ONE,
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./delete.ts")).run,
    }),
    ...members(),
    ...attributes(),
    copy: action({
      summary: "Make another group of the same nodes and attributes, which you own",
      options: { ...ONE, newGroup: required(text("ng", "nodegroup-id", "The id of the copy")) },
      operands: ["id", "newGroup"],
      tellsRequest: true,
      load: async () => (await import("./copy.ts")).run,
    }),
  },
};

function members(): CommandObject["actions"] {
  return {
    listnode: action({
      summary: "List the nodes of a group",
      options: ONE,
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./listNode.ts")).run,
    }),
    addnode: action({
      summary: "Put a node into a group",
      options: MEMBER,
      operands: ["id", "nodeId"],
      tellsRequest: true,
      load: async () => (await import("./addNode.ts")).run,
    }),
    rmnode: action({
      summary: "Take a node out of a group",
      options: MEMBER,
      operands: ["id", "nodeId"],
      tellsRequest: true,
      load: async () => (await import("./removeNode.ts")).run,
    }),
  };
}

function attributes(): CommandObject["actions"] {
  return {
    listattr: action({
      summary: "List the attributes of a group",
      options: ONE,
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./listAttribute.ts")).run,
    }),
    addattr: action({
      summary: "Give a group an attribute, or an attribute another value",
      options: {
        ...ONE,
        key: KEY,
        value: required(text("av", "value", "The value, without line ends and other controls")),
      },
      tellsRequest: true,
      load: async () => (await import("./addAttribute.ts")).run,
    }),
    rmattr: action({
      summary: "Take an attribute from a group",
      options: { ...ONE, key: KEY },
      tellsRequest: true,
      load: async () => (await import("./removeAttribute.ts")).run,
    }),
  };
}
