import { action, type CommandObject } from "../command/action.ts";
import { required, text } from "../command/option.ts";

const ONE = { id: required(text("id", "task-id", "The task")) };

export const APPROVAL: CommandObject = {
  summary: "Requests to let a changed task run",
  actions: {
    list: action({
      summary: "List requests that wait: sent to you, and your own",
      options: { owner: text("oi", "user-id", "For tasks of this owner") },
      tellsRequest: true,
      load: async () => (await import("./list.ts")).run,
    }),
    request: action({
      summary: "Ask somebody to approve the working copy of a task; shows what it changes",
      options: {
        ...ONE,
        apprUser: text("ai", "user-id", "Who; default: the approver that the task has"),
        reason: text("qr", "free-text", "Why"),
      },
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./request.ts")).run,
    }),
    accept: action({
      summary: "Let the working copy of a task run, as its next revision",
      options: ONE,
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./accept.ts")).run,
    }),
    reject: action({
      summary: "Refuse the working copy of a task",
      options: { ...ONE, reason: text("rr", "free-text", "Why") },
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./reject.ts")).run,
    }),
  },
};
