import type { GroupsSpec, ParameterizedSpec, PeriodicSpec } from "../../model/group.ts";
import type { JobSpec } from "../../model/job.ts";
import { type ReadBlock, readBlock } from "../read/block.ts";
import type { Reading } from "../read/reading.ts";
import { JOB } from "../schema/jobs.ts";
import { PARAMETERIZED, PERIODIC } from "../schema/policies.ts";
import type { Block } from "../tree.ts";
import { groupOfTask, readGroup } from "./groups.ts";
import { readAffinities, readConstraints, readSpreads } from "./placement.ts";
import { readOne, type Within } from "./within.ts";

const PRIORITY_DEFAULT = 50;

/** What a job of groups is read to, mistakes left out; whether it may be used the findings say. */
export type GroupJobSpec = JobSpec & { readonly groups: GroupsSpec };

/** Reads one job, as far as it can be read. */
export function readJobBlock(block: Block, reading: Reading): GroupJobSpec {
  const job = readBlock(block, JOB, reading);
  const { written } = job;
  const id = written.id ?? job.label;
  const within = { reading, jobId: id, jobType: written.type ?? "service" };
  reading.place("", job.range);
  reading.place("id", block.labels[0]?.range ?? job.rangeOf("id"));
  for (const name of ["datacenters", "type", "name"] as const)
    reading.place(name, job.rangeOf(name));
  return {
    id,
    type: within.jobType,
    displayName: null,
    priority: written.priority ?? PRIORITY_DEFAULT,
    maxParallelTasks: -1,
    onAllTasksComplete: "noaction",
    maxWallClockMs: null,
    maxTaskRetryCount: 0,
    poolId: written.node_pool ?? "default",
    preparation: null,
    release: null,
    commonEnvironmentSettings: [],
    metadata: [],
    groups: groupsOf(job, id, within),
  };
}

function groupsOf(job: ReadBlock<typeof JOB.attributes>, id: string, within: Within): GroupsSpec {
  const { written } = job;
  const blocks = job.body.blocks.flatMap((block) => {
    if (block.type === "task") return [groupOfTask(block)];
    return block.type === "group" ? [block] : [];
  });
  return {
    name: written.name ?? id,
    region: written.region ?? "global",
    namespace: written.namespace ?? "default",
    datacenters: written.datacenters ?? ["*"],
    allAtOnce: written.all_at_once ?? false,
    meta: written.meta ?? {},
    constraints: readConstraints(job, "", within),
    affinities: readAffinities(job, "", within),
    spreads: readSpreads(job, "", within),
    periodic: readPeriodic(job, within),
    parameterized: readParameterized(job, within),
    groups: blocks.map((block, index) => readGroup(block, job, `groups[${index}]`, within)),
  };
}

const FINITE_TYPES: readonly string[] = ["batch", "sysbatch"];

function refuseForEndless(name: string, code: string, block: ReadBlock, within: Within): void {
  if (FINITE_TYPES.includes(within.jobType)) return;
  const message = `Expected a job of type batch or sysbatch to be ${name} and got ${within.jobType}.`;
  within.reading.error(code, block.range, message, "Change the type of the job.");
}

function readPeriodic(job: ReadBlock, within: Within): PeriodicSpec | null {
  const { reading } = within;
  const block = readOne(job, PERIODIC, reading);
  if (block === null) return null;
  reading.place("periodic", block.range);
  refuseForEndless("periodic", "periodic_job_type", block, within);
  const {
    cron,
    crons,
    enabled = true,
    prohibit_overlap = false,
    time_zone = "UTC",
  } = block.written;
  reading.place("periodic.crons", block.rangeOf(cron === undefined ? "crons" : "cron"));
  const list = block.body.attributes.get("crons")?.value;
  if (cron === undefined && list?.kind === "list") {
    for (const [at, item] of list.items.entries())
      reading.place(`periodic.crons[${at}]`, item.range);
  }
  reading.place("periodic.timeZone", block.rangeOf("time_zone"));
  if (cron !== undefined && crons !== undefined && crons.length > 0) {
    const message = "Expected either cron or crons and got both.";
    reading.error("periodic_cron_conflict", block.rangeOf("crons"), message, "Keep crons.");
  }
  const all = cron === undefined ? (crons ?? []) : [cron];
  if (all.every((item) => item.trim() === "")) {
    reading.error("periodic_cron_missing", block.range, "Expected cron or crons and found none.");
  }
  return { enabled, crons: all, prohibitOverlap: prohibit_overlap, timeZone: time_zone };
}

function readParameterized(job: ReadBlock, within: Within): ParameterizedSpec | null {
  const { reading } = within;
  const block = readOne(job, PARAMETERIZED, reading);
  if (block === null) return null;
  reading.place("parameterized", block.range);
  refuseForEndless("parameterized", "parameterized_job_type", block, within);
  const { payload = "optional", meta_required = [], meta_optional = [] } = block.written;
  const both = meta_required.filter((key) => meta_optional.includes(key));
  if (both.length > 0) {
    const message = `Expected each key either required or optional and got both for ${both.join(", ")}.`;
    reading.error("parameterized_meta_conflict", block.rangeOf("meta_optional"), message);
  }
  return { payload, metaRequired: meta_required, metaOptional: meta_optional };
}
