import { action, type CommandObject } from "../command/action.ts";
import {
  bare,
  flag,
  list,
  named,
  number,
  required,
  text,
  toggle,
  withDefault,
} from "../command/option.ts";
import { EXECUTION as ONE, OUTPUT, PAGING } from "../command/shared.ts";
import { EXIT } from "../failure.ts";

const ALLOCATION = {
  id: required(text("id", "alloc-id", "The allocation, or how its id begins")),
};
const DETACHED = { detach: flag("dt", "Taken for scripts of Nomad: it is never waited for") };
const TASK = { task: text("ta", "task", "The task of the allocation") };

export const ALLOC: CommandObject = {
  summary: "Executions: each placement of a task on a node",
  actions: {
    status: action({
      summary: "Show an allocation of a group: checks, tasks, events, what was decided",
      options: {
        ...ALLOCATION,
        short: flag("sh", "Of each task only its last event"),
        verbose: flag("vb", "Full ids, exact times, and how its node was chosen"),
      },
      operands: ["id"],
      load: async () => (await import("./status.ts")).run,
    }),
    logs: action({
      summary: "Print what a task of an allocation has written, byte for byte",
      options: {
        id: text("id", "alloc-id", "The allocation, or how its id begins; with -job: the task"),
        ...TASK,
        job: text("ji", "job-id", "The newest allocation of this job, rather one that runs"),
        group: text("gr", "group", "With -job: of this group"),
        ...OUTPUT,
        stdout: flag("so", "What was written to stdout; the default"),
        tail: flag("tl", "Only the last lines, 10 of them without -n"),
        lines: named("lines", number("n", "number", "Only so many last lines")),
      },
      operands: ["id", "task"],
      load: async () => (await import("./logs.ts")).run,
    }),
    restart: action({
      summary: "Restart tasks of an allocation where it is",
      options: {
        ...ALLOCATION,
        ...TASK,
        allTasks: named("all-tasks", flag("at", "Also tasks that have ended")),
      },
      operands: ["id", "task"],
      load: async () => (await import("./restart.ts")).run,
    }),
    stop: action({
      summary: "Stop an allocation; its task is placed again if it is wanted",
      options: { ...ALLOCATION, ...DETACHED },
      operands: ["id"],
      load: async () => (await import("./stop.ts")).run,
    }),
    exec: action({
      summary: "Run a command inside a task of an allocation that runs",
      options: {
        interactive: toggle("i", "Send what comes on stdin; default true"),
        tty: toggle("t", "Give it a terminal; default: if this is one"),
        escape: withDefault(
          text(
            "e",
            "character",
            "With . at the start of a line it closes; default ~, none = never",
          ),
          "~",
        ),
        ...TASK,
        member: text("mb", "task", "The same as -task"),
        job: bare(
          text("ji", "job-id", "The newest execution of this job that runs, not an allocation"),
        ),
        group: text("gr", "group", "With -job: the newest of this group"),
        number: named("number", number("no", "number", "The execution of this number", 1)),
        words: list("wd", "[alloc-id|job-id] <command> [arguments]", "No word of it is an option"),
      },
      rest: "words",
      errorExit: EXIT.failed,
      load: async () => (await import("./exec.ts")).run,
    }),
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
