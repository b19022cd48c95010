import { action, type CommandObject } from "../command/action.ts";
import {
  flag,
  list,
  number,
  required,
  shownAs,
  text,
  withDefault,
  word,
} from "../command/option.ts";
import { switchOption } from "../command/people.ts";
import { PAGING } from "../command/shared.ts";
import {
  BATCHES,
  CONTENT,
  MODES,
  OF_REVISION,
  OF_SCHEDULE,
  ONE,
  ROLLING,
  RUNNERS,
  SCHEDULE,
  TARGETS,
} from "./options.ts";
import { APPROVAL, CYCLE } from "./words.ts";

const SCRIPT_FILE = text("sf", "file-path", "The script, a file on this machine");
const OS_USER = text(
  "ou",
  "os-user-name",
  "The account of the nodes that runs it; '' = the agent's own",
);

const NODE_IDS = list("ni", "node-id", "Only this target; several times, or with commas", "commas");

const DIFF_COLUMNS = 130;

export const TASK: CommandObject = {
  summary: "Scripts for many nodes: their targets, schedules, runners, runs",
  actions: {
    list: action({
      summary: "List tasks",
      options: {
        id: text("id", "substring", "Part of the id"),
        owner: text("oi", "user-id", "Tasks of this owner"),
        ...MODES,
        apprStatus: shownAs("N|Q|A|R", word("as", APPROVAL, "How their approval stands")),
        apprUser: text("ai", "user-id", "Tasks of this approver"),
        node: text("nd", "node-id", "Tasks that target this node"),
        ...PAGING,
      },
      tellsRequest: true,
      load: async () => (await import("./list.ts")).run,
    }),
    view: action({
      summary: "Show a task, or a revision of it",
      options: OF_REVISION,
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./view.ts")).run,
    }),
    history: action({
      summary: "List the approved revisions of a task, the newest first",
      options: { ...ONE, ...PAGING },
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./history.ts")).run,
    }),
    diff: action({
      summary: "Compare two revisions of a task, their scripts side by side",
      options: {
        ...ONE,
        revision: number(
          "rv",
          "revision-num",
          "The first, the other behind it; default: what runs",
        ),
        with: number("wi", "revision-num", "The other; may stand alone; default: the working copy"),
        encoding: withDefault(text("se", "charset", "Of the scripts; default utf-8"), "utf-8"),
        width: withDefault(number("wd", "number", "Columns; default 130", 20), DIFF_COLUMNS),
      },
      operands: ["id", "with"],
      tellsRequest: true,
      load: async () => (await import("./diff.ts")).run,
    }),
    checkscript: action({
      summary: "Find restricted commands in the script of a task; exit 1 if one is forbidden",
      options: {
        ...OF_REVISION,
        encoding: text("se", "charset", "Of the script; default: utf-8 or cp949, whichever fits"),
      },
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./checkScript.ts")).run,
    }),
    downscript: action({
      summary: "Save the script of a task, or of a revision of it",
      options: {
        ...OF_REVISION,
        dirPath: withDefault(text("pt", "directory-name", "Where to; default: here"), "."),
        overwrite: flag("ow", "Replace a file that exists"),
      },
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./downScript.ts")).run,
    }),
    create: action({
      summary: "Create a task, which you own; it runs once it is approved",
      options: {
        ...ONE,
        scriptFile: required(SCRIPT_FILE),
        osUser: required(OS_USER),
        ...CONTENT,
      },
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./create.ts")).run,
    }),
    edit: action({
      summary: "Change a task's working copy, or give the task to another owner",
      options: {
        ...ONE,
        scriptFile: SCRIPT_FILE,
        osUser: OS_USER,
        ...CONTENT,
        owner: text("oi", "user-id", "Another owner"),
        apprUser: text("ai", "user-id", "Who shall approve it"),
      },
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./edit.ts")).run,
    }),
    delete: action({
      summary: "Delete a task that no other one names",
      options: ONE,
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./delete.ts")).run,
    }),
    rename: action({
      summary: "Give a task another id",
      options: { ...ONE, newId: required(text("wi", "task-id", "Another id")) },
      operands: ["id", "newId"],
      tellsRequest: true,
      load: async () => (await import("./rename.ts")).run,
    }),
    ...parts(),
    ...schedules(),
    ...runs(),
  },
};

function parts(): CommandObject["actions"] {
  return {
    listtarget: action({
      summary: "List the targets of a task",
      options: OF_REVISION,
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./listTarget.ts")).run,
    }),
    addtarget: action({
      summary: "Add nodes and node groups to the targets",
      options: TARGETS,
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./addTarget.ts")).run,
    }),
    rmtarget: action({
      summary: "Take nodes and node groups out of the targets",
      options: TARGETS,
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./removeTarget.ts")).run,
    }),
    listrunner: action({
      summary: "List who may run a task",
      options: OF_REVISION,
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./listRunner.ts")).run,
    }),
    addrunner: action({
      summary: "Let users, user groups and tasks run it",
      options: RUNNERS,
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./addRunner.ts")).run,
    }),
    rmrunner: action({
      summary: "Take that away from them",
      options: RUNNERS,
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./removeRunner.ts")).run,
    }),
  };
}

function schedules(): CommandObject["actions"] {
  return {
    listschedule: action({
      summary: "List the schedules of a task",
      options: {
        ...OF_REVISION,
        cycle: shownAs("Y|M|W|D|H|O|C", word("cy", CYCLE, "Those of this cycle")),
        status: switchOption("Enabled or disabled ones"),
      },
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./listSchedule.ts")).run,
    }),
    addschedule: action({
      summary: "Add a schedule to a task",
      options: SCHEDULE,
      operands: ["id", "scheduleId", "timeFormat"],
      tellsRequest: true,
      load: async () => (await import("./addSchedule.ts")).run,
    }),
    editschedule: action({
      summary: "Change a schedule",
      options: SCHEDULE,
      operands: ["id", "scheduleId", "timeFormat"],
      tellsRequest: true,
      load: async () => (await import("./editSchedule.ts")).run,
    }),
    rmschedule: action({
      summary: "Take a schedule out",
      options: OF_SCHEDULE,
      operands: ["id", "scheduleId"],
      tellsRequest: true,
      load: async () => (await import("./removeSchedule.ts")).run,
    }),
  };
}

function runs(): CommandObject["actions"] {
  return {
    plan: action({
      summary: "Say what a run would do now, and whether you may; nothing is run",
      options: { ...ONE, nodeId: NODE_IDS, ...BATCHES },
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./plan.ts")).run,
    }),
    run: action({
      summary: "Run a task on its targets, or some of them",
      options: {
        ...ONE,
        nodeId: NODE_IDS,
        argument: text("ag", "script-args", "Words for the script, quoted as in a shell"),
        ...ROLLING,
        follow: flag("f", "Say how each node ends, then show all; exit 1 if one failed"),
      },
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./run.ts")).run,
    }),
  };
}
