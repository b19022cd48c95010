import { action, type CommandObject } from "../command/action.ts";
import { flag, text } from "../command/option.ts";
import { EXECUTION as ONE, OUTPUT, PAGING } from "../command/shared.ts";

export const ALLOC: CommandObject = {
  summary: "Executions: each placement of a task on a node",
  actions: {
    list: action({
      summary: "List executions",
      options: {
        jobId: text("ji", "job-id", "Executions of this job"),
        taskId: text("ti", "task-id", "Executions of this task of the job"),
        nodeId: text("ni", "node-id", "Executions on this node"),
        live: flag("lv", "Only those that have not ended"),
        ...PAGING,
      },
      operands: ["jobId", "taskId"],
      load: async () => (await import("./list.ts")).run,
    }),
    view: action({
      summary: "Show an execution with its processes",
      options: ONE,
      operands: ["number"],
      load: async () => (await import("./view.ts")).run,
    }),
    log: action({
      summary: "Print what one execution has written, byte for byte",
      options: { ...ONE, ...OUTPUT },
      operands: ["number"],
      load: async () => (await import("./log.ts")).run,
    }),
  },
};
