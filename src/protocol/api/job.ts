import { z } from "@hono/zod-openapi";
import { foldId } from "../../model/id.ts";
import type { JobSpec } from "../../model/job.ts";
import {
  ADD_TASKS_MAX,
  INT32_MAX,
  PRIORITY_MAX,
  PRIORITY_MIN,
  RELEASE_WALL_CLOCK_MAX_MS,
} from "../../model/limits.ts";
import type { PreparationSpec, ReleaseSpec } from "../../model/taskSpec.ts";
import { type Checked, check, checkAll, type ErrorDetail } from "./check.ts";
import {
  COMMAND_FIELDS,
  ENVIRONMENT_SETTINGS,
  fillCommand,
  RETENTION,
  RETRY_COUNT,
  TASK_CONSTRAINTS,
  WALL_CLOCK,
} from "./command.ts";
import {
  DISPLAY_NAME,
  duration,
  ID,
  integer,
  METADATA,
  milliseconds,
  oneOf,
  record,
  where,
} from "./field.ts";
import { type IdentifiedTask, repeatedTask, TASK_ADD, tooManyTasks, toTaskSpec } from "./task.ts";

/** Text of a terminate reason; it is shown in lists. */
export const TERMINATE_REASON_MAX_LENGTH = 1024;

export const JOB_TYPE = oneOf(["batch", "service", "system", "sysbatch", "fleet"]);
export const ON_ALL_TASKS_COMPLETE = oneOf(["noaction", "terminatejob"]);
export const PRIORITY = integer(PRIORITY_MIN, PRIORITY_MAX, "OutOfRangePriority");
const PARALLEL_EXPECTED = "-1 (without limit) or a whole number above 0";
export const MAX_PARALLEL_TASKS = where(
  z.number({ error: PARALLEL_EXPECTED }),
  (count) => Number.isInteger(count) && (count === -1 || (count > 0 && count <= INT32_MAX)),
  { code: "InvalidPropertyValue", expected: PARALLEL_EXPECTED },
).openapi({ type: "integer", minimum: -1 });

export const JOB_CONSTRAINTS = record({
  maxWallClockTime: WALL_CLOCK.nullish(),
  maxTaskRetryCount: RETRY_COUNT.optional(),
}).openapi("JobConstraints");

export const PREPARATION = record({
  id: ID.optional(),
  ...COMMAND_FIELDS,
  constraints: TASK_CONSTRAINTS.optional(),
  waitForSuccess: z.boolean().optional(),
  rerunOnNodeRebootAfterSuccess: z.boolean().optional(),
}).openapi("JobPreparationTask");

export const RELEASE = record({
  id: ID.optional(),
  ...COMMAND_FIELDS,
  maxWallClockTime: duration(1, RELEASE_WALL_CLOCK_MAX_MS, {
    code: "InvalidConstraintValue",
    expected: "a duration above zero and of at most PT15M",
  }).optional(),
  retentionTime: RETENTION.optional(),
}).openapi("JobReleaseTask");

export const POOL_INFO = record({ poolId: ID }).openapi("PoolInfo");

/** Fields of a job that can be changed later. */
const CHANGEABLE_FIELDS = {
  priority: PRIORITY.optional(),
  maxParallelTasks: MAX_PARALLEL_TASKS.optional(),
  onAllTasksComplete: ON_ALL_TASKS_COMPLETE.optional(),
  constraints: JOB_CONSTRAINTS.optional(),
  metadata: METADATA.optional(),
};

/** A job to create; with `tasks`, everything is accepted or nothing. */
export const JOB_ADD = record({
  id: ID,
  type: where(JOB_TYPE, (type) => type === "batch", {
    code: "UnsupportedProperty",
    expected: "batch, the only type of job that can be created this way",
  }).optional(),
  displayName: DISPLAY_NAME.optional(),
  poolInfo: POOL_INFO,
  ...CHANGEABLE_FIELDS,
  jobPreparationTask: PREPARATION.optional(),
  jobReleaseTask: RELEASE.optional(),
  commonEnvironmentSettings: ENVIRONMENT_SETTINGS.optional(),
  tasks: z.array(TASK_ADD).optional(),
}).openapi("JobAdd");
export type JobAdd = z.output<typeof JOB_ADD>;

/** Changes what is given and nothing else. */
export const JOB_PATCH = record({ ...CHANGEABLE_FIELDS, poolInfo: POOL_INFO.optional() }).openapi(
  "JobPatch",
);
export type JobPatchBody = z.output<typeof JOB_PATCH>;

/** Replaces everything that can be changed: what is left out goes back to its default. */
export const JOB_UPDATE = record({ ...CHANGEABLE_FIELDS, poolInfo: POOL_INFO }).openapi(
  "JobUpdate",
);
export type JobUpdate = z.output<typeof JOB_UPDATE>;

export const JOB_DISABLE = record({
  disableTasks: oneOf(["requeue", "terminate", "wait"]),
}).openapi("JobDisable");

export const JOB_TERMINATE = record({
  terminateReason: where(z.string(), (reason) => reason.length <= TERMINATE_REASON_MAX_LENGTH, {
    code: "InvalidPropertyValue",
    expected: `text of at most ${TERMINATE_REASON_MAX_LENGTH} characters`,
  }).optional(),
}).openapi("JobTerminate");

/** A job as the engine takes it; `tasks` is null when the body had none. */
export interface NewJob {
  readonly spec: JobSpec;
  readonly tasks: readonly IdentifiedTask[] | null;
}

/** Reads the body of POST jobs, of a job file too: every rule that needs no stored state is applied. */
export function checkJob(body: unknown): Checked<NewJob> {
  const parsed = check(JOB_ADD, body);
  if (!parsed.ok) return parsed;
  const job = parsed.value;
  const error = jobError(job);
  if (error !== null) return { ok: false, error };
  const tasks = job.tasks?.map((task) => ({ id: task.id, spec: toTaskSpec(task) })) ?? null;
  return { ok: true, value: { spec: toJobSpec(job), tasks } };
}

/**
 * Everything that is wrong with a job file: a body of POST jobs with as many tasks as there are. The rules are those of
 * checkJob and checkTasks; tasks that fit are compared with each other even where others do not.
 */
export function jobMistakes(body: object): ErrorDetail[] {
  const { tasks, ...rest } = body as { readonly tasks?: unknown };
  // What is no list at all is left to the schema to refuse.
  const isList = Array.isArray(tasks);
  const checked = checkAll(JOB_ADD, isList || tasks === undefined ? rest : body);
  const ofJob = checked.ok ? specialErrors(checked.value) : checked.errors;
  const taken = checked.ok ? specialIds(checked.value) : new Map<string, SpecialCode>();
  return [...ofJob, ...(isList ? taskMistakes(tasks, taken) : [])];
}

/** Everything that is wrong with the items of a list of tasks; `taken` are ids that none may have. */
export function taskMistakes(
  items: readonly unknown[],
  taken: SpecialIds = new Map(),
): ErrorDetail[] {
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const path = `tasks[${index}]`;
    const checked = checkAll(TASK_ADD, item, path);
    if (!checked.ok) return checked.errors;
    return idError(checked.value.id, path, seen, taken) ?? [];
  });
}

/** Rules that span several fields; null when all hold. */
function jobError(job: JobAdd): ErrorDetail | null {
  const [error] = specialErrors(job);
  if (error !== undefined || job.tasks === undefined) return error ?? null;
  if (job.tasks.length > ADD_TASKS_MAX) return tooManyTasks(job.tasks.length);
  const taken = specialIds(job);
  const seen = new Set<string>();
  for (const [index, { id }] of job.tasks.entries()) {
    const found = idError(id, `tasks[${index}]`, seen, taken);
    if (found !== null) return found;
  }
  return null;
}

function specialErrors({ jobPreparationTask, jobReleaseTask }: JobAdd): ErrorDetail[] {
  if (jobReleaseTask === undefined) return [];
  if (jobPreparationTask === undefined) return [releaseAlone()];
  const releaseId = jobReleaseTask.id ?? DEFAULT_RELEASE_ID;
  const preparationId = jobPreparationTask.id ?? DEFAULT_PREPARATION_ID;
  return foldId(preparationId) === foldId(releaseId) ? [sameSpecialId(releaseId)] : [];
}

type SpecialCode = "TaskIdSameAsJobPreparationTask" | "TaskIdSameAsJobReleaseTask";
/** Folded ids of a job's preparation and release. */
type SpecialIds = ReadonlyMap<string, SpecialCode>;

function specialIds({ jobPreparationTask, jobReleaseTask }: JobAdd): SpecialIds {
  const taken = new Map<string, SpecialCode>();
  if (jobPreparationTask !== undefined) {
    const id = jobPreparationTask.id ?? DEFAULT_PREPARATION_ID;
    taken.set(foldId(id), "TaskIdSameAsJobPreparationTask");
  }
  if (jobReleaseTask !== undefined) {
    taken.set(foldId(jobReleaseTask.id ?? DEFAULT_RELEASE_ID), "TaskIdSameAsJobReleaseTask");
  }
  return taken;
}

/** Adds the id to those that were seen. */
function idError(
  id: string,
  path: string,
  seen: Set<string>,
  taken: SpecialIds,
): ErrorDetail | null {
  const folded = foldId(id);
  if (seen.has(folded)) return repeatedTask(id, path);
  seen.add(folded);
  const code = taken.get(folded);
  return code === undefined ? null : specialTask(code, id, `${path}.id`);
}

function specialTask(code: SpecialCode, id: string, field: string): ErrorDetail {
  const expected = "an id that neither the job's preparation nor its release has";
  return {
    code,
    message: `Expected ${expected} as ${field} and got ${id}.`,
    fix: "Give the task another id.",
    field,
    expected,
    given: id,
  };
}

function releaseAlone(): ErrorDetail {
  const expected = "a jobPreparationTask in a job with a jobReleaseTask";
  return {
    code: "InvalidPropertyValue",
    message: `Expected ${expected} and got none.`,
    fix: "Add a jobPreparationTask (its command may be /bin/true), or remove jobReleaseTask.",
    field: "jobReleaseTask",
    expected,
  };
}

function sameSpecialId(id: string): ErrorDetail {
  const expected = "different ids of jobPreparationTask and jobReleaseTask";
  return {
    code: "InvalidPropertyValue",
    message: `Expected ${expected} and got ${id} twice.`,
    fix: "Give one of them another id.",
    field: "jobReleaseTask.id",
    expected,
    given: id,
  };
}

const DEFAULT_PREPARATION_ID = "jobpreparation";
const DEFAULT_RELEASE_ID = "jobrelease";

/** The spec of a checked job with every default filled in. */
export function toJobSpec(job: JobAdd): JobSpec {
  const wallClock = job.constraints?.maxWallClockTime ?? null;
  return {
    id: job.id,
    type: job.type ?? "batch",
    displayName: job.displayName ?? null,
    priority: job.priority ?? 0,
    maxParallelTasks: job.maxParallelTasks ?? -1,
    onAllTasksComplete: job.onAllTasksComplete ?? "noaction",
    maxWallClockMs: wallClock === null ? null : milliseconds(wallClock),
    maxTaskRetryCount: job.constraints?.maxTaskRetryCount ?? 0,
    poolId: job.poolInfo.poolId,
    preparation:
      job.jobPreparationTask === undefined ? null : toPreparation(job.jobPreparationTask),
    release: job.jobReleaseTask === undefined ? null : toRelease(job.jobReleaseTask),
    commonEnvironmentSettings: job.commonEnvironmentSettings ?? [],
    metadata: job.metadata ?? [],
  };
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

function toPreparation(preparation: z.output<typeof PREPARATION>): PreparationSpec {
  const spec: Writable<PreparationSpec> = {
    id: preparation.id ?? DEFAULT_PREPARATION_ID,
    commandLine: preparation.commandLine,
    maxTaskRetryCount: preparation.constraints?.maxTaskRetryCount ?? 0,
    waitForSuccess: preparation.waitForSuccess ?? true,
    rerunOnNodeRebootAfterSuccess: preparation.rerunOnNodeRebootAfterSuccess ?? true,
  };
  fillCommand(spec, preparation, preparation.constraints);
  return spec;
}

function toRelease(release: z.output<typeof RELEASE>): ReleaseSpec {
  const spec: Writable<ReleaseSpec> = {
    id: release.id ?? DEFAULT_RELEASE_ID,
    commandLine: release.commandLine,
    maxWallClockMs: RELEASE_WALL_CLOCK_MAX_MS,
  };
  const { maxWallClockTime, retentionTime } = release;
  fillCommand(spec, release, { maxWallClockTime, retentionTime });
  return spec;
}

/** What a PATCH or PUT changes; see JobPatch of the engine. */
export interface JobChanges {
  readonly priority?: number;
  readonly maxParallelTasks?: number;
  readonly onAllTasksComplete?: JobSpec["onAllTasksComplete"];
  readonly maxWallClockMs?: number | null;
  readonly maxTaskRetryCount?: number;
  readonly poolId?: string;
  readonly metadata?: JobSpec["metadata"];
}

export function toJobPatch(patch: JobPatchBody): JobChanges {
  const { priority, maxParallelTasks, onAllTasksComplete, constraints, metadata } = patch;
  const wallClock = constraints?.maxWallClockTime;
  const retryCount = constraints?.maxTaskRetryCount;
  return {
    ...(priority === undefined ? {} : { priority }),
    ...(maxParallelTasks === undefined ? {} : { maxParallelTasks }),
    ...(onAllTasksComplete === undefined ? {} : { onAllTasksComplete }),
    ...(wallClock === undefined
      ? {}
      : { maxWallClockMs: wallClock === null ? null : milliseconds(wallClock) }),
    ...(retryCount === undefined ? {} : { maxTaskRetryCount: retryCount }),
    ...(patch.poolInfo === undefined ? {} : { poolId: patch.poolInfo.poolId }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

export function toJobReplacement(update: JobUpdate): JobChanges {
  const wallClock = update.constraints?.maxWallClockTime ?? null;
  return {
    priority: update.priority ?? 0,
    maxParallelTasks: update.maxParallelTasks ?? -1,
    onAllTasksComplete: update.onAllTasksComplete ?? "noaction",
    maxWallClockMs: wallClock === null ? null : milliseconds(wallClock),
    maxTaskRetryCount: update.constraints?.maxTaskRetryCount ?? 0,
    poolId: update.poolInfo.poolId,
    metadata: update.metadata ?? [],
  };
}
