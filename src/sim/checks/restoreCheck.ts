import { isCanaryWanted } from "../../engine/groups/canaries.ts";
import { isWanted } from "../../engine/groups/wanted.ts";
import { hasChanges } from "../../engine/record.ts";
import { restore } from "../../engine/restore.ts";
import type { Engine, Job, JobGroups, Node } from "../../engine/state.ts";
import type { TestStore } from "../../engine/testStore.ts";
import { restoreFleet } from "../../fleet/restore.ts";
import type { Fleet } from "../../fleet/state.ts";
import type { ServerMachine } from "../../machine/machine.ts";
import { demand } from "./violation.ts";

/** A machine restored from the store is the live one, but for what connections it has. */
export function checkRestore({ engine: live, fleet }: ServerMachine, disk: TestStore): void {
  const restored = restore(disk.readLive(), live.now, live.settings);
  demand(!hasChanges(restored), "restore", () => {
    return `a restore changes something: ${describeChanges(restored)}`;
  });
  const restoredFleet = restoreFleet(disk.fleet.readLive(), fleet.settings);
  const expected = { ...canonical(live), ...canonicalFleet(fleet) };
  const actual: Record<string, string> = {
    ...canonical(restored),
    ...canonicalFleet(restoredFleet),
  };
  for (const [part, value] of Object.entries(expected)) {
    const other = actual[part];
    demand(
      value === other,
      "restore",
      () => `${part} differs\n live     ${value}\n restored ${other}`,
    );
  }
}

function describeChanges(engine: Engine): string {
  return Object.entries(engine.outcome.changes)
    .filter(([, value]) => value !== null && ("size" in value ? value.size : value.length) > 0)
    .map(([name]) => name)
    .join(", ");
}

/** Everything of the machine that has to survive, as text by part. */
export function canonical(engine: Engine): Record<string, string> {
  const parts: Record<string, string> = {
    counters: JSON.stringify({ ...engine.counters, time: 0 }),
    removals: JSON.stringify([...engine.removals].sort(byKey)),
    specials: JSON.stringify(
      [...engine.specials]
        .sort(byKey)
        .map(([number, { kind, job, node }]) => [
          number,
          kind,
          job.record.number,
          node.record.number,
        ]),
    ),
  };
  for (const [number, pool] of engine.pools) {
    // A job that has nothing queued any more is taken out when its turn comes.
    const levels = pool.levels
      .map(({ priority, jobs }) => [
        priority,
        jobs.filter((job) => waits(engine, job)).sort(byNumber),
      ])
      .filter(([, jobs]) => Array.isArray(jobs) && jobs.length > 0);
    parts[`pool ${number}`] = JSON.stringify([pool.record, [...pool.nodes].sort(byNumber), levels]);
  }
  for (const [number, node] of engine.nodes) parts[`node ${number}`] = canonicalNode(engine, node);
  for (const [number, job] of engine.jobs) {
    if (job.record.state === "completed") continue;
    parts[`job ${number}`] = canonicalJob(job);
    if (job.groups !== null) Object.assign(parts, canonicalGroups(engine, job, job.groups));
  }
  for (const [number, live] of engine.executions) {
    const { task, execution, slots } = live;
    parts[`execution ${number}`] = JSON.stringify([task, execution, slots]);
  }
  return parts;
}

/** What people made, and the runs that have not ended. */
function canonicalFleet(fleet: Fleet): Record<string, string> {
  const { users, userGroups, nodeGroups, definitions, revisions, instances, counters } = fleet;
  const tables = { users, userGroups, nodeGroups, definitions, revisions, instances };
  const parts: Record<string, string> = { "fleet counters": JSON.stringify(counters) };
  for (const [name, table] of Object.entries(tables)) {
    const records = [...table.values()].map((record) => JSON.stringify(record));
    parts[name] = records.sort().join("\n");
  }
  return parts;
}

function canonicalNode(engine: Engine, node: Node): string {
  const { record, progress, executions, usedSlots, jobs, use } = node;
  const contact = record.contact === "connected" ? "away" : record.contact;
  // Completed jobs may still be in memory.
  const records = [...jobs.values()].filter(
    ({ job }) => engine.jobs.get(job)?.record.state !== "completed",
  );
  return JSON.stringify([
    { ...record, contact, contactAt: 0 },
    progress,
    [...executions].sort(byNumber),
    usedSlots,
    [use.resources, [...use.ports].sort(byNumber)],
    records.sort((left, right) => left.job - right.job),
  ]);
}

function waits(engine: Engine, number: number): boolean {
  return (engine.jobs.get(number)?.queue.size ?? 0) > 0;
}

function canonicalGroups(engine: Engine, job: Job, groups: JobGroups): Record<string, string> {
  const { tasks, placing, byId, usage, canaries } = groups;
  const { number, spec } = job.record;
  // What nobody wants is taken out when it is looked at.
  const wanted = [...placing].sort(byNumber).filter((task) => {
    const record = tasks.get(task);
    return record !== undefined && isWanted(engine, job, record);
  });
  const tried = [...canaries.placing].sort(byNumber).filter((task) => {
    const record = tasks.get(task);
    return record !== undefined && isCanaryWanted(job, record);
  });
  const names = spec.groups?.groups.map(({ name }) => name) ?? [];
  const places = [...job.nodes]
    .sort(byNumber)
    .map((node) => names.map((name) => usage.countOn(node, name)));
  return {
    [`tasks of job ${number}`]: JSON.stringify([...tasks].sort(byKey)),
    [`ids of job ${number}`]: JSON.stringify([...byId].sort()),
    [`placing of job ${number}`]: JSON.stringify([wanted, tried]),
    [`usage of job ${number}`]: JSON.stringify([usage.size, places]),
  };
}

function canonicalJob(job: Job): string {
  const { record, counts, queue, nodes, barred, waitingIn, specials } = job;
  const queued = queue.classes().map(({ slots, tasks }) => [slots, [...tasks.ranges()]]);
  return JSON.stringify([
    record,
    counts,
    queued,
    [...nodes].sort(byNumber),
    [...barred].sort(byNumber),
    queue.size > 0 ? waitingIn : null,
    [...specials].sort(byNumber),
  ]);
}

function byNumber(left: number, right: number): number {
  return left - right;
}

function byKey(left: readonly [number, unknown], right: readonly [number, unknown]): number {
  return left[0] - right[0];
}
