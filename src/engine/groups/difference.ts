import type { GroupSpec } from "../../model/group.ts";
import type { Job } from "../state.ts";
import { groupsOf } from "./jobGroups.ts";

/**
 * Whether a group's processes need not know of a change: its count and what only the server decides by may change in
 * place; anything that a process, its node or its place depends on makes a new execution (Nomad's destructive update).
 */
export function isSameProcess(
  job: Job,
  version: number,
  before: GroupSpec,
  now: GroupSpec,
): boolean {
  return essence(job, version, before) === essence(job, groupsOf(job).record.version, now);
}

function essence(job: Job, version: number, group: GroupSpec): string {
  const { record, spec } = groupsOf(job);
  const earlier = record.history.find((candidate) => candidate.version === version);
  const { meta, datacenters, constraints } = earlier?.spec.groups ?? spec;
  const { count: _c, reschedule: _r, update: _u, migrate: _m, disconnect: _d, ...rest } = group;
  const { affinities: _a, spreads: _s, ...seen } = rest;
  return JSON.stringify({ meta, datacenters, constraints, seen });
}
