import { action, type CommandObject } from "../command/action.ts";
import {
  flag,
  list,
  named,
  number,
  required,
  shownAs,
  text,
  withDefault,
  word,
} from "../command/option.ts";
import { PAGING } from "../command/shared.ts";
import { RESULT, STATUS } from "./words.ts";

const ONE = {
  instanceNo: required(number("in", "task-instance-no", "The number of the task instance", 1)),
};
const EXIT_CODE_MAX = 255;

export const TASKINSTANCE: CommandObject = {
  summary: "Runs of tasks: each node with its result and output",
  actions: {
    list: action({
      summary: "List task instances, the newest first",
      options: {
        id: text("id", "task-id", "Those of this task"),
        startDtGe: named("startdt-ge", text("stge", "YYYYMMDD", "Started on this day or later")),
        startDtLe: named("startdt-le", text("stle", "YYYYMMDD", "Started on this day or earlier")),
        runnerId: text("ri", "runner-id", "Started by this user, task or schedule"),
        nextTask: text("xi", "task-id", "Those with this next task"),
        ...PAGING,
      },
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./list.ts")).run,
    }),
    view: action({
      summary: "Show a task instance, and how many of its nodes are how",
      options: ONE,
      operands: ["instanceNo"],
      tellsRequest: true,
      load: async () => (await import("./view.ts")).run,
    }),
    ...nodes(),
    ...commands(),
  },
};

function nodes(): CommandObject["actions"] {
  return {
    listnode: action({
      summary: "List the nodes of a task instance, each with its latest execution",
      options: {
        ...ONE,
        nodeId: text("ni", "substring", "Part of the node's id"),
        execStatus: shownAs("R|C|S|F", word("st", STATUS, "Nodes of this status")),
        result: shownAs("N|S|F", word("rs", RESULT, "Nodes of this result")),
        exitCd: number("ec", "exit-cd", "Nodes of this exit code", 0, EXIT_CODE_MAX),
        ...PAGING,
      },
      operands: ["instanceNo"],
      tellsRequest: true,
      load: async () => (await import("./listNode.ts")).run,
    }),
    viewnode: action({
      summary: "Show one node of a task instance, with what its script wrote",
      options: {
        ...ONE,
        nodeId: required(text("ni", "node-id", "The node")),
        execNo: number("en", "exec-no", "An earlier execution; default: the latest", 1),
      },
      operands: ["instanceNo", "nodeId"],
      tellsRequest: true,
      load: async () => (await import("./viewNode.ts")).run,
    }),
    groups: action({
      summary: "Fold nodes that wrote the same, the largest group first",
      options: {
        ...ONE,
        diff: number("df", "group", "Compare two groups, as --diff 1 2", 1),
        with: number("wi", "group", "The other group; may stand alone", 1),
        similar: flag("sm", "Also those that differ in numbers, times or the node's name alone"),
      },
      operands: ["with"],
      tellsRequest: true,
      load: async () => (await import("./groups.ts")).run,
    }),
    csv: action({
      summary: "Save all nodes of a task instance as one CSV file",
      options: {
        ...ONE,
        dirPath: withDefault(text("pt", "directory-name", "Where to; default: here"), "."),
        stdout: flag("so", "With what they wrote to stdout"),
        stderr: flag("se", "With what they wrote to stderr"),
        overwrite: flag("ow", "Replace a file that exists"),
      },
      operands: ["instanceNo"],
      tellsRequest: true,
      load: async () => (await import("./csv.ts")).run,
    }),
  };
}

function commands(): CommandObject["actions"] {
  return {
    rerun: action({
      summary: "Run nodes of a task instance once more, under its number",
      options: {
        ...ONE,
        nodeId: list("ni", "node-id", "A node; several times, or with commas", "commas"),
        failed: flag("fa", "All nodes that have failed"),
        neverRan: named("never-ran", flag("nr", "Those of them whose script was never run")),
      },
      operands: ["instanceNo"],
      tellsRequest: true,
      load: async () => (await import("./rerun.ts")).run,
    }),
    resume: action({
      summary: "Let a rolling run go on that is paused or was stopped by failures",
      options: ONE,
      operands: ["instanceNo"],
      tellsRequest: true,
      load: async () => (await import("./resume.ts")).run,
    }),
    stop: action({
      summary: "Stop a task instance, or one node of it",
      options: {
        ...ONE,
        nodeId: text("ni", "node-id", "Only this node"),
        reason: text("rs", "free-text", "Why"),
      },
      operands: ["instanceNo"],
      tellsRequest: true,
      load: async () => (await import("./stop.ts")).run,
    }),
  };
}
