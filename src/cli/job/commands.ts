import { INT32_MAX, PRIORITY_MAX, PRIORITY_MIN } from "../../model/limits.ts";
import { action, type CommandObject } from "../command/action.ts";
import { flag, list, named, number, required, text, word } from "../command/option.ts";
import { JOB as ONE, OUTPUT, PAGING } from "../command/shared.ts";
import { GROUP_ACTIONS, VARIABLES } from "./groupCommands.ts";

const STATE = {
  active: "",
  disabling: "",
  disabled: "",
  enabling: "",
  terminating: "",
  completed: "",
  deleting: "",
} as const;

const DISABLING = {
  requeue: "running tasks go back to the queue (default)",
  terminate: "running tasks end as failed",
  wait: "running tasks are waited for",
} as const;

const ON_ALL_COMPLETE = {
  noaction: "the job stays open for more tasks (default)",
  terminatejob: "the job ends, its release runs",
} as const;

const EDITABLE = {
  poolId: text("pi", "pool-id", "The pool that it runs on"),
  priority: number("pr", "number", "-1000 to 1000; default 0", PRIORITY_MIN, PRIORITY_MAX),
  maxParallel: number(
    "mp",
    "number",
    "Tasks running at once; default -1, without limit",
    -1,
    INT32_MAX,
  ),
  onComplete: word("oc", ON_ALL_COMPLETE, "What happens when all tasks are completed"),
  maxWallClock: text("mw", "duration", "Ends the job after this time, as 8h; none: without limit"),
  maxRetries: number(
    "mr",
    "number",
    "Retries of a failed task; default 0, -1 without limit",
    -1,
    INT32_MAX,
  ),
  metadata: list("md", "KEY=VALUE", "Free data"),
};

export const JOB: CommandObject = {
  summary: "Work submitted together under one set of policies",
  actions: {
    list: action({
      summary: "List jobs",
      options: {
        id: text("id", "prefix", "Ids that begin so"),
        poolId: text("pi", "pool-id", "Jobs of this pool"),
        state: word("st", STATE, "Jobs in this state"),
        ...PAGING,
      },
      load: async () => (await import("./list.ts")).run,
    }),
    view: action({
      summary: "Show a job",
      options: ONE,
      operands: ["id"],
      load: async () => (await import("./view.ts")).run,
    }),
    run: action({
      summary: "Run a job from its file: groups (HCL, YAML, JSON) or tasks (YAML, JSON)",
      options: {
        file: required(text("fi", "file", "The job file; - is stdin")),
        wait: flag("wa", "Tasks: wait for them; exit 0 only if all of them succeeded"),
        id: text("id", "job-id", "Tasks: another id than the file's"),
        poolId: text("pi", "pool-id", "Tasks: another pool than the file's"),
        ...VARIABLES,
        checkIndex: named(
          "check-index",
          number("ci", "index", "Groups: only if `job plan` told this modify index; 0: if new"),
        ),
        detach: flag("dt", "Groups: do not wait until they are deployed"),
      },
      operands: ["file"],
      load: async () => (await import("./run.ts")).run,
    }),
    ...GROUP_ACTIONS,
    wait: action({
      summary: "Wait for a job's tasks; exit 0 only if all of them succeeded",
      options: ONE,
      operands: ["id"],
      load: async () => (await import("./wait.ts")).run,
    }),
    create: action({
      summary: "Create a job without tasks; `job run` makes a whole one from a file",
      options: {
        id: required(text("id", "job-id", "Letters, digits, - and _, at most 64")),
        ...EDITABLE,
        poolId: required(EDITABLE.poolId),
        name: text("nm", "name", "Name for people"),
        preparation: text("pc", "command", "Runs on a node before its first task"),
        release: text("rc", "command", "Runs after the job on each node prepared"),
        env: list("en", "NAME=VALUE", "Variable of all its tasks"),
      },
      operands: ["id"],
      load: async () => (await import("./create.ts")).run,
    }),
    edit: action({
      summary: "Change what is given of a job",
      options: { ...ONE, ...EDITABLE },
      operands: ["id"],
      load: async () => (await import("./edit.ts")).run,
    }),
    delete: action({
      summary: "End a job if it runs, then remove it with its tasks",
      options: ONE,
      operands: ["id"],
      load: async () => (await import("./delete.ts")).run,
    }),
    disable: action({
      summary: "Hold a job",
      options: { ...ONE, tasks: word("ts", DISABLING, "What becomes of running tasks") },
      operands: ["id"],
      load: async () => (await import("./disable.ts")).run,
    }),
    enable: action({
      summary: "Let a held job go on",
      options: ONE,
      operands: ["id"],
      load: async () => (await import("./enable.ts")).run,
    }),
    terminate: action({
      summary: "End a job: its tasks are stopped, then its release runs",
      options: {
        ...ONE,
        reason: text("rs", "free-text", "Why; shown with the job"),
        wait: flag("wa", "Wait until it is completed, its release included"),
      },
      operands: ["id"],
      load: async () => (await import("./terminate.ts")).run,
    }),
    prep: action({
      summary: "List what preparation and release did on each node",
      options: { ...ONE, ...PAGING },
      operands: ["id"],
      load: async () => (await import("./prep.ts")).run,
    }),
    preplog: action({
      summary: "Print what preparation or release wrote on a node, byte for byte",
      options: {
        ...ONE,
        nodeId: required(text("ni", "node-id", "The node")),
        release: flag("rl", "What the release wrote, not the preparation"),
        stderr: OUTPUT.stderr,
      },
      operands: ["id", "nodeId"],
      load: async () => (await import("./prepLog.ts")).run,
    }),
    counts: action({
      summary: "Count a job's tasks by state",
      options: ONE,
      operands: ["id"],
      load: async () => (await import("./counts.ts")).run,
    }),
  },
};
