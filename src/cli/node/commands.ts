import { action, type CommandObject } from "../command/action.ts";
import { flag, named, number, shownAs, text, word } from "../command/option.ts";
import { switchOption } from "../command/people.ts";
import { FILE, FILES, NAMED_NODE, NODE as ONE, PAGING } from "../command/shared.ts";

const STATE = {
  creating: "asked of the provider",
  starting: "has joined and not connected yet",
  idle: "",
  running: "",
  offline: "its scheduling is disabled",
  rebooting: "",
  leavingpool: "is being removed",
  unusable: "not heard for so long that its tasks were given up",
  unknown: "not heard for a while",
} as const;

const STATUS = {
  E: "enabled: fleet runs may use it",
  D: "disabled, as after it joined",
  ...STATE,
} as const;

const BATCH = { batch: flag("bt", "What matters to batch jobs: pool, state, scheduling, slots") };

const REMOVAL = {
  requeue: "its tasks go back to the queue (default)",
  terminate: "its tasks end as failed",
  taskcompletion: "its tasks are waited for",
  retaineddata: "waits until the data of its tasks need not be kept any longer",
} as const;

const DISABLING = {
  requeue: "its tasks go back to the queue (default)",
  terminate: "its tasks end as failed",
  taskcompletion: "its tasks go on",
} as const;

const DRAIN = {
  enable: flag("en", "Begin, and watch it to its end"),
  disable: flag("di", "Call it off"),
  deadline: text("dl", "duration", "What is left then is stopped, as 30m; default 1h"),
  noDeadline: named("no-deadline", flag("nd", "Nothing is stopped before its time")),
  force: flag("fc", "Everything is stopped at once"),
  ignoreSystem: named("ignore-system", flag("ig", "System jobs stay")),
  keepIneligible: named("keep-ineligible", flag("ki", "With -disable: it takes nothing new")),
  monitor: flag("mo", "Watch a drain that is under way"),
  detach: flag("dt", "Do not watch it"),
  yes: flag("ye", "Taken for scripts of Nomad: nothing is ever asked here"),
};

export const NODE: CommandObject = {
  summary: "Machines with an agent",
  actions: {
    list: action({
      summary: "List nodes",
      options: {
        id: text("id", "substring", "Part of the id"),
        agentVersion: text("av", "substring", "Part of the agent's version"),
        ip: text("ip", "substring", "Part of the address"),
        os: text("os", "substring", "Part of the operating system's name"),
        hostname: text("hn", "substring", "Part of the host name"),
        owner: text("oi", "user-id", "Nodes of this owner"),
        status: shownAs("E|D|state", word("st", STATUS, "Nodes of this status or state")),
        poolId: text("pi", "pool-id", "Nodes of this pool"),
        ...BATCH,
        ...PAGING,
      },
      tellsRequest: true,
      load: async () => (await import("./list.ts")).run,
    }),
    view: action({
      summary: "Show a node",
      options: { ...NAMED_NODE, ...BATCH },
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./view.ts")).run,
    }),
    edit: action({
      summary: "Change a node; of one that nobody owns you become the owner",
      options: {
        ...ONE,
        newId: text("wi", "node-id", "Another id, as the host's name"),
        owner: text("oi", "user-id", "Another owner"),
        desc: text("de", "free-text", "The description"),
        status: switchOption("Whether fleet runs may use it"),
      },
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./edit.ts")).run,
    }),
    delete: action({
      summary: "Remove a node from its pool and its groups (administrators)",
      options: { ...ONE, tasks: word("ts", REMOVAL, "What becomes of its batch tasks") },
      operands: ["id"],
      tellsRequest: true,
      load: async () => (await import("./delete.ts")).run,
    }),
    status: action({
      summary: "List nodes as those of groups; of one, its drivers and resources",
      options: {
        id: text("id", "node-id", "The node, or how its id begins; default: a list of all"),
        verbose: flag("vb", "Its attributes and meta, too"),
      },
      operands: ["id"],
      load: async () => (await import("./status.ts")).run,
    }),
    drain: action({
      summary: "Move the allocations of groups away from a node, which takes nothing new",
      options: { ...NAMED_NODE, ...DRAIN },
      operands: ["id"],
      load: async () => (await import("./drain.ts")).run,
    }),
    eligibility: action({
      summary: "Say whether a node takes anything new; what runs there goes on",
      options: {
        ...NAMED_NODE,
        enable: flag("en", "It does"),
        disable: flag("di", "It does not"),
      },
      operands: ["id"],
      load: async () => (await import("./eligibility.ts")).run,
    }),
    reboot: action({
      summary: "Reboot a node",
      options: { ...ONE, tasks: word("ts", REMOVAL, "What becomes of its tasks") },
      operands: ["id"],
      load: async () => (await import("./reboot.ts")).run,
    }),
    disable: action({
      summary: "Give a node no further batch tasks; for fleet runs: node edit -st D",
      options: { ...ONE, tasks: word("ts", DISABLING, "What becomes of its tasks") },
      operands: ["id"],
      load: async () => (await import("./disable.ts")).run,
    }),
    enable: action({
      summary: "Give a node batch tasks again; for fleet runs: node edit -st E",
      options: ONE,
      operands: ["id"],
      load: async () => (await import("./enable.ts")).run,
    }),
    files: action({
      summary: "List files below a node's root",
      options: { ...ONE, ...FILES, ...PAGING },
      operands: ["id", "path"],
      load: async () => (await import("./files.ts")).run,
    }),
    getfile: action({
      summary: "Get a file of a node",
      options: { ...ONE, ...FILE },
      operands: ["id", "remotePath", "localPath"],
      load: async () => (await import("./getFile.ts")).run,
    }),
    jointoken: action({
      summary: "List join tokens; with a pool, make one, which is shown this once",
      options: {
        poolId: text("pi", "pool-id", "The pool that they join"),
        expiresIn: text("ei", "duration", "Valid for this time, as 24h; default: for ever"),
        uses: number("us", "number", "Valid for this many machines; default: any number", 1),
      },
      operands: ["poolId"],
      load: async () => (await import("./joinToken.ts")).run,
    }),
  },
};
