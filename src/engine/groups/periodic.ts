import { foldId } from "../../model/id.ts";
import type { JobSpec } from "../../model/job.ts";
import type { Reply } from "../input.ts";
import { refusedByState } from "../jobs.ts";
import { refuse } from "../nodes.ts";
import type { Engine, Job } from "../state.ts";
import { groupsOf, setGroupsRecord } from "./jobGroups.ts";
import { planLaunchAfresh } from "./launchPlan.ts";
import { type JobOrigin, registerJob } from "./register.ts";

/** Periodic jobs and dispatches: both only make children, which run (Nomad). */

const SECOND_MS = 1_000;
/** Of the payload itself, before base64. */
export const PAYLOAD_MAX_BYTES = 16 * 1024;

/** Starts the child that is due, in the same step that stores the next time: each fires once, whatever crashes. */
export function launchDue(engine: Engine, job: Job): void {
  const { record } = groupsOf(job);
  const dueAt = record.nextLaunchAt;
  if (dueAt === null || engine.now < dueAt || job.record.state !== "active") return;
  launch(engine, job, dueAt);
  planLaunchAfresh(engine, job);
}

function launch(engine: Engine, job: Job, dueAt: number): void {
  const { spec } = groupsOf(job);
  if (spec.periodic?.prohibitOverlap === true && hasLiveChild(engine, job)) return;
  registerChild(engine, job, dueAt);
}

/** Its id ends with the second of its time; of two in one second the later has the next one. */
function registerChild(engine: Engine, job: Job, at: number): Reply {
  const { lastChildSecond } = groupsOf(job).record;
  const second = Math.max(Math.floor(at / SECOND_MS), (lastChildSecond ?? -1) + 1);
  setGroupsRecord(engine, job, { lastChildSecond: second });
  const id = `${job.record.spec.id}/periodic-${second}`;
  const reply = registerJob(engine, childSpec(job, id), null, originOf(job, null, {}));
  return reply.ok ? { ...reply, jobId: id } : reply;
}

/** Starts a child of a periodic job now, beside its times (Nomad `job periodic force`). */
export function forceLaunch(engine: Engine, job: Job): Reply {
  const { spec } = groupsOf(job);
  const refused = refusedByState(job);
  if (refused !== null) return refused;
  if (spec.periodic === null) {
    return refuse(
      "InvalidPropertyValue",
      `Job ${job.record.spec.id} is not periodic.`,
      "Force periodic jobs only; run or dispatch others.",
    );
  }
  return registerChild(engine, job, engine.now);
}

function hasLiveChild(engine: Engine, job: Job): boolean {
  for (const number of engine.groupJobs) {
    const child = engine.jobs.get(number);
    const isChild = child?.record.groups?.parentJobId === job.record.spec.id;
    if (isChild && child?.record.state === "active") return true;
  }
  return false;
}

function originOf(
  job: Job,
  payload: string | null,
  meta: Readonly<Record<string, string>>,
): JobOrigin {
  return { parentJobId: job.record.spec.id, payload, meta };
}

function childSpec(job: Job, id: string): JobSpec {
  const { spec } = groupsOf(job);
  const groups = { ...spec, name: id, periodic: null, parameterized: null };
  return { ...job.record.spec, id, groups };
}

export interface Dispatch {
  /** Base64; null: none. */
  readonly payload: string | null;
  readonly meta: Readonly<Record<string, string>>;
  /** Eight characters of chance, made by the caller: the child's id ends with them. */
  readonly suffix: string;
}

/** Runs a parameterized job once (Nomad `job dispatch`). */
export function dispatchJob(engine: Engine, job: Job, dispatch: Dispatch): Reply {
  const refused = refusedByState(job) ?? refusedDispatch(job, dispatch);
  if (refused !== null) return refused;
  const { payload, meta, suffix } = dispatch;
  const id = `${job.record.spec.id}/dispatch-${Math.floor(engine.now / SECOND_MS)}-${suffix}`;
  if (engine.jobsById.has(foldId(id))) {
    return refuse("JobExists", `There is a job ${id} already.`, "Dispatch it again.");
  }
  const reply = registerJob(engine, childSpec(job, id), null, originOf(job, payload, meta));
  return reply.ok ? { ...reply, jobId: id } : reply;
}

function refusedDispatch(job: Job, { payload, meta }: Dispatch): Reply | null {
  const { parameterized } = groupsOf(job).spec;
  const { id } = job.record.spec;
  if (parameterized === null) {
    return refuse(
      "InvalidPropertyValue",
      `Job ${id} is not parameterized.`,
      "Dispatch jobs that have a parameterized block; run others.",
    );
  }
  const { metaRequired, metaOptional } = parameterized;
  const missing = metaRequired.filter((key) => !(key in meta));
  const unknown = Object.keys(meta).filter(
    (key) => !metaRequired.includes(key) && !metaOptional.includes(key),
  );
  if (missing.length > 0 || unknown.length > 0) {
    const words = [
      ...missing.map((key) => `${key} is missing`),
      ...unknown.map((key) => `${key} is not one of its keys`),
    ].join(", ");
    return refuse(
      "InvalidPropertyValue",
      `Meta of the dispatch of ${id}: ${words}.`,
      `Give ${metaRequired.join(", ") || "nothing"}; ${metaOptional.join(", ") || "nothing else"} may be given.`,
      "meta",
    );
  }
  return refusedPayload(id, parameterized.payload, payload);
}

function refusedPayload(
  id: string,
  rule: "optional" | "required" | "forbidden",
  payload: string | null,
): Reply | null {
  if (rule === "required" && payload === null) {
    return refuse(
      "MissingRequiredProperty",
      `Job ${id} requires a payload, and none was given.`,
      "Give a file or standard input.",
      "payload",
    );
  }
  if (rule === "forbidden" && payload !== null) {
    return refuse(
      "InvalidPropertyValue",
      `Job ${id} forbids a payload, and one was given.`,
      "Leave it out.",
      "payload",
    );
  }
  return null;
}
