import { list, named, number, required, shownAs, text, word } from "../command/option.ts";
import { SWITCH, switchOption } from "../command/people.ts";

/** Options that several actions on tasks have in common. */

export const ONE = { id: required(text("id", "task-id", "The task")) };
export const OF_REVISION = {
  ...ONE,
  revision: number(
    "rv",
    "revision-num",
    "The revision, 0 = working copy; default: the one that runs",
  ),
};

function mode(short: string, meaning: string) {
  return shownAs("E|D", word(short, SWITCH, meaning));
}

/** Run modes, as a filter or as they shall be. */
export const MODES = {
  execScheduler: mode("es", "Whether schedules start it"),
  execOnDemand: mode("eo", "Whether people start it"),
  execTask: mode("et", "Whether other tasks start it"),
};

const BATCH = named("batch", text("bs", "number|percent", "Nodes at the same time, as 5 or 10%"));
const CANARY = text("ca", "number|percent", "A first batch; its first failure stops the run");

/** What the batches of a plan depend on. */
export const BATCHES = { batch: BATCH, canary: CANARY };

/** How a run goes over its targets, batch after batch. */
export const ROLLING = {
  ...BATCHES,
  pause: text(
    "pa",
    "duration|resume",
    "Between batches, as 15m; resume: until somebody resumes it",
  ),
  batchFailures: named(
    "batch-failures",
    text("bf", "number|percent", "With this failure in a batch no further node starts"),
  ),
  totalFailures: named(
    "total-failures",
    text("af", "number|percent", "With this failure in the run no further node starts"),
  ),
};

export const CONTENT = {
  ...MODES,
  startWithin: text("sw", "duration", "How long a run waits for a node that is away; default 5m"),
  nodeTimeout: text("nt", "duration", "The script is stopped after so long on a node; '' = never"),
  runTimeout: text("rt", "duration", "A run is stopped after so long; '' = never"),
  asksAgain: mode("aa", "Whether changed node groups need another approval"),
  nextTask: text("xi", "task-id", "The task that starts when all nodes have succeeded"),
  desc: text("de", "free-text", "The description"),
  ...ROLLING,
};

export const TARGETS = {
  ...ONE,
  node: list("nd", "node-id", "A node; may be given several times, or with commas", "commas"),
  nodeGroup: list("ng", "nodegroup-id", "A node group, likewise", "commas"),
};

export const RUNNERS = {
  ...ONE,
  user: list("us", "user-id", "A user; may be given several times, or with commas", "commas"),
  userGroup: list("ug", "usergroup-id", "A user group, likewise", "commas"),
  task: list("ts", "task-id", "A task whose next task this is, likewise", "commas"),
};

const SCHEDULE_ID = { scheduleId: required(text("si", "schedule-id", "The schedule")) };
export const OF_SCHEDULE = { ...ONE, ...SCHEDULE_ID };
export const SCHEDULE = {
  ...OF_SCHEDULE,
  timeFormat: text(
    "tf",
    "time-format",
    "'MM/DD hh:mm', 'DD hh:mm', 'WWW hh:mm', 'hh:mm', 'mm', 'YYYY/MM/DD hh:mm'",
  ),
  cron: text("cr", "cron", "In its place five fields of cron"),
  timeZone: named(
    "time-zone",
    text("tz", "zone", "IANA name of the time zone; default: the server's"),
  ),
  status: switchOption("Whether it starts the task; default E"),
};
