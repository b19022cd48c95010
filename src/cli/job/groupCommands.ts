import { action } from "../command/action.ts";
import { flag, list, named, number, required, text, withDefault, word } from "../command/option.ts";
import { JOB as ONE } from "../command/shared.ts";

/** Values for variables of a job file. */
export const VARIABLES = {
  var: list(
    "va",
    "NAME=VALUE",
    "Variable of a job file in HCL; also NOMAD_VAR_name, STINT_VAR_name",
  ),
  varFile: named("var-file", list("vf", "file", "File with variables of the job file")),
};

const FILE = { file: required(text("fi", "file", "The job file; - is stdin")) };
const VERBOSE = { verbose: flag("vb", "Full ids, exact times, and more details") };
const VERSION = { version: number("ve", "number", "This version; default: the latest") };

const DETACHED = { detach: flag("dt", "Taken for scripts of Nomad: it is never waited for") };
const YES = { yes: flag("ye", "Taken for scripts of Nomad: nothing is ever asked here") };

export const DETACH = { detach: flag("dt", "Do not wait for what comes of it") };

/** More take minutes to simulate. */
const NODES_MAX = 1_000;

/** Exit code of `job plan` for every error: 1 says that something would change. */
const PLAN_ERROR_EXIT = 255;

/** Actions on jobs of groups. */
export const GROUP_ACTIONS = {
  plan: action({
    summary: "Say what running a job file would change and where its tasks would go",
    options: { ...FILE, ...VARIABLES, ...VERBOSE },
    operands: ["file"],
    errorExit: PLAN_ERROR_EXIT,
    load: async () => (await import("./plan.ts")).run,
  }),
  validate: action({
    summary: "Say everything that is wrong with a job file; needs no server",
    options: { ...FILE, ...VARIABLES },
    operands: ["file"],
    load: async () => (await import("./validate.ts")).run,
  }),
  simulate: action({
    summary: "Say how a job file would fare on simulated nodes that fail; needs no server",
    options: {
      ...FILE,
      nodes: withDefault(number("no", "number", "Nodes; default 10", 1, NODES_MAX), 10),
      for: withDefault(text("fo", "duration", "How long it runs; default 24h"), "24h"),
      fail: list(
        "fa",
        "KIND:NAME=VALUE,...",
        "What fails, as node:mtbf=30d; see docs/job-simulate.md",
      ),
      seed: withDefault(number("se", "number", "The same gives the same; default 1"), 1),
      full: flag("fu", "Every event"),
      ...VARIABLES,
    },
    operands: ["file"],
    load: async () => (await import("./simulate.ts")).run,
  }),
  status: action({
    summary: "List all jobs; of one with groups say how it stands, what waits and why",
    options: {
      id: text("id", "job-id", "The job; default: a list of all"),
      ...VERBOSE,
      allAllocs: named("all-allocs", flag("al", "Older allocations, too")),
    },
    operands: ["id"],
    load: async () => (await import("./status.ts")).run,
  }),
  history: action({
    summary: "List the versions of a job of groups",
    options: {
      ...ONE,
      diffs: named("diffs", flag("p", "What each version changed")),
      ...VERSION,
    },
    operands: ["id"],
    load: async () => (await import("./history.ts")).run,
  }),
  revert: action({
    summary: "Run an earlier version of a job of groups again",
    options: {
      ...ONE,
      version: required(number("ve", "number", "The version to run again")),
      ...DETACH,
    },
    operands: ["id", "version"],
    load: async () => (await import("./revert.ts")).run,
  }),
  promote: action({
    summary: "Let a new version go on whose canaries are healthy",
    options: {
      ...ONE,
      group: list("gr", "name", "Canaries of this group; default: of all"),
      ...DETACH,
    },
    operands: ["id"],
    load: async () => (await import("./promote.ts")).run,
  }),
  stop: action({
    summary: "Stop a job; what it was is kept unless it is purged",
    options: { ...ONE, purge: flag("pg", "Remove the job, too"), ...DETACH, ...YES },
    operands: ["id"],
    load: async () => (await import("./stop.ts")).run,
  }),
  restart: action({
    summary: "Restart all running allocations of a job of groups where they are",
    options: { ...ONE, ...YES },
    operands: ["id"],
    load: async () => (await import("./restart.ts")).run,
  }),
  dispatch: action({
    summary: "Run a parameterized job once",
    options: {
      ...ONE,
      payload: text("pl", "file", "Its payload, at most 16 KiB; - is stdin"),
      meta: list("me", "KEY=VALUE", "Meta of this run"),
      ...DETACHED,
    },
    operands: ["id", "payload"],
    load: async () => (await import("./dispatch.ts")).run,
  }),
  periodic: action({
    summary: "periodic force: start a child of a periodic job now",
    options: {
      wish: required(word("wi", { force: "start a child now" }, "What to do")),
      ...ONE,
      ...DETACHED,
    },
    operands: ["wish", "id"],
    load: async () => (await import("./periodic.ts")).run,
  }),
  inspect: action({
    summary: "Print a job of groups as JSON, as `job run` takes it",
    options: { ...ONE, ...VERSION },
    operands: ["id"],
    load: async () => (await import("./inspect.ts")).run,
  }),
};
