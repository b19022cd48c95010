import { POOL_NODES_MAX, TASK_SLOTS_MAX } from "../../model/limits.ts";
import { action, type CommandObject } from "../command/action.ts";
import { flag, list, number, required, text, word } from "../command/option.ts";
import { POOL as ONE, PAGING } from "../command/shared.ts";

export const DEALLOCATION = {
  requeue: "tasks go back to the queue (default)",
  terminate: "tasks end as failed",
  taskcompletion: "tasks are waited for",
  retaineddata: "waits until the data of tasks need not be kept any longer",
} as const;

const FILL_TYPE = {
  spread: "tasks are spread over the nodes (default)",
  pack: "a node is filled before the next",
} as const;

const EDITABLE = {
  name: text("nm", "name", "Name for people"),
  fillType: word("ft", FILL_TYPE, "Which node is taken first"),
  accepts: list("ac", "kind", "Kinds of work: fleet, batch, groups", "commas"),
  metadata: list("md", "KEY=VALUE", "Free data"),
};

const RESIZING = {
  deallocation: word("do", DEALLOCATION, "What becomes of tasks on nodes that go"),
  timeout: text("to", "duration", "Give up after this time, as 15m; at least 5m"),
};

export const POOL: CommandObject = {
  summary: "Nodes that jobs may run on",
  actions: {
    list: action({
      summary: "List pools",
      options: { id: text("id", "prefix", "Ids that begin so"), ...PAGING },
      load: async () => (await import("./list.ts")).run,
    }),
    view: action({
      summary: "Show a pool",
      options: ONE,
      operands: ["id"],
      load: async () => (await import("./view.ts")).run,
    }),
    create: action({
      summary: "Create a pool",
      options: {
        id: required(text("id", "pool-id", "Letters, digits, - and _, at most 64")),
        nodes: number("nn", "number", "Nodes to make; default 0", 0, POOL_NODES_MAX),
        slots: number(
          "sl",
          "number",
          "Tasks that a node runs at once; default 1",
          1,
          TASK_SLOTS_MAX,
        ),
        provider: word(
          "pv",
          { local: "agents on the server's machine", none: "machines that join by themselves" },
          "Who makes the nodes; default: the server's own",
        ),
        vmSize: text("vs", "name", "Size of machine that the provider knows"),
        resizeTimeout: text("to", "duration", "Time for the nodes to come, as 15m; at least 5m"),
        ...EDITABLE,
      },
      operands: ["id"],
      load: async () => (await import("./create.ts")).run,
    }),
    edit: action({
      summary: "Change what is given of a pool",
      options: { ...ONE, ...EDITABLE },
      operands: ["id"],
      load: async () => (await import("./edit.ts")).run,
    }),
    delete: action({
      summary: "Delete a pool: its nodes go, tasks on them are requeued",
      options: ONE,
      operands: ["id"],
      load: async () => (await import("./delete.ts")).run,
    }),
    resize: action({
      summary: "Change the number of nodes",
      options: {
        ...ONE,
        nodes: required(number("nn", "number", "Nodes to have", 0, POOL_NODES_MAX)),
        ...RESIZING,
      },
      operands: ["id", "nodes"],
      load: async () => (await import("./resize.ts")).run,
    }),
    stopresize: action({
      summary: "Stop a resize where it is",
      options: ONE,
      operands: ["id"],
      load: async () => (await import("./stopResize.ts")).run,
    }),
    removenodes: action({
      summary: "Remove nodes from a pool",
      options: {
        ...ONE,
        nodeId: required(
          list("ni", "node-id", "A node; several with commas or repeated", "commas"),
        ),
        ...RESIZING,
        wait: flag("wa", "Wait until they are gone"),
      },
      operands: ["id"],
      load: async () => (await import("./removeNodes.ts")).run,
    }),
  },
};
