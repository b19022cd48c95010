import { INT32_MAX } from "../../model/limits.ts";
import { action, type CommandObject } from "../command/action.ts";
import { list, number, required, text, word } from "../command/option.ts";
import { FILE, FILES, TASK as ONE, OUTPUT, PAGING } from "../command/shared.ts";

const JOB_ID = { jobId: required(text("ji", "job-id", "The job")) };
const STATE = {
  active: "waits for a slot",
  preparing: "waits for its node's preparation",
  running: "",
  completed: "",
} as const;
const CONSTRAINTS = {
  maxRetries: number("mr", "number", "Retries after a failure; -1 without limit", -1, INT32_MAX),
  maxWallClock: text("mw", "duration", "Ended after this time, as 15m; none: without limit"),
  retention: text("rt", "duration", "How long its directory is kept; default 7d"),
};
const RESULT = { success: "", failure: "" } as const;

export const JOBTASK: CommandObject = {
  summary: "The tasks of a job",
  actions: {
    list: action({
      summary: "List tasks in the order of their creation",
      options: {
        ...JOB_ID,
        id: text("id", "prefix", "Ids that begin so"),
        state: word("st", STATE, "Tasks in this state"),
        result: word("rs", RESULT, "Tasks that ended so"),
        nodeId: text("ni", "node-id", "Tasks that run there, or ran there last"),
        ...PAGING,
      },
      operands: ["jobId"],
      load: async () => (await import("./list.ts")).run,
    }),
    view: action({
      summary: "Show a task",
      options: ONE,
      operands: ["jobId", "id"],
      load: async () => (await import("./view.ts")).run,
    }),
    add: action({
      summary: "Add a task to a job, or many from a file",
      options: {
        ...JOB_ID,
        id: text("id", "task-id", "The task's id; not with -fi"),
        command: text(
          "cl",
          "command",
          "What it runs, without a shell: use /bin/sh -c '...' for one",
        ),
        slots: number("sl", "number", "Slots that it takes on its node; default 1", 1, INT32_MAX),
        ...CONSTRAINTS,
        env: list("en", "NAME=VALUE", "Variable"),
        file: text("fi", "file", "YAML or JSON: a list of tasks; - is stdin"),
      },
      operands: ["jobId", "id"],
      load: async () => (await import("./add.ts")).run,
    }),
    edit: action({
      summary: "Change what is given of a task's constraints",
      options: { ...ONE, ...CONSTRAINTS },
      operands: ["jobId", "id"],
      load: async () => (await import("./edit.ts")).run,
    }),
    terminate: action({
      summary: "Stop a task: it completes as failed",
      options: ONE,
      operands: ["jobId", "id"],
      load: async () => (await import("./terminate.ts")).run,
    }),
    reactivate: action({
      summary: "Run a failed task again",
      options: ONE,
      operands: ["jobId", "id"],
      load: async () => (await import("./reactivate.ts")).run,
    }),
    retry: action({
      summary: "Run a failed task again now, whatever its policy has decided",
      options: ONE,
      operands: ["jobId", "id"],
      load: async () => (await import("./reactivate.ts")).run,
    }),
    delete: action({
      summary: "Stop a task if it runs, then remove it with its directory",
      options: ONE,
      operands: ["jobId", "id"],
      load: async () => (await import("./delete.ts")).run,
    }),
    explain: action({
      summary: "Say why a task is not running",
      options: ONE,
      operands: ["jobId", "id"],
      load: async () => (await import("./explain.ts")).run,
    }),
    log: action({
      summary: "Print what a task has written, byte for byte",
      options: { ...ONE, ...OUTPUT },
      operands: ["jobId", "id"],
      load: async () => (await import("./log.ts")).run,
    }),
    files: action({
      summary: "List files of a task on its node",
      options: { ...ONE, ...FILES, ...PAGING },
      operands: ["jobId", "id", "path"],
      load: async () => (await import("./files.ts")).run,
    }),
    getfile: action({
      summary: "Get a file of a task from its node",
      options: { ...ONE, ...FILE },
      operands: ["jobId", "id", "remotePath", "localPath"],
      load: async () => (await import("./getFile.ts")).run,
    }),
  },
};
