import type { GroupSpec, GroupsSpec } from "../model/group.ts";
import { type PreparedConstraint, prepareConstraint } from "./constraint.ts";
import { type DistinctRules, distinctRules } from "./distinct.ts";
import type { Exclusion } from "./exclusion.ts";
import { type PortsNeeded, portsNeeded } from "./ports.ts";
import { type Resources, resourcesNeeded } from "./resources.ts";
import type { PreparedAffinity } from "./scores.ts";
import { type PreparedSpread, prepareSpreads } from "./spreadScore.ts";
import { type VolumesNeeded, volumesNeeded } from "./volumes.ts";

export type PlacedJobType = "service" | "batch" | "system" | "sysbatch";

/** What a placement needs to know of a job. */
export type PlacedJob = Pick<GroupsSpec, "datacenters" | "constraints" | "affinities" | "spreads">;

/**
 * A group of a job version, prepared for placement: made once and kept as long as the version, as it remembers which
 * kinds of nodes are feasible.
 */
export interface PlacementPlan {
  readonly type: PlacedJobType;
  readonly group: GroupSpec;
  /** Globs; empty: none. */
  readonly datacenters: readonly string[];
  /** Id; null: candidates are of the right pool already. */
  readonly pool: string | null;
  readonly drivers: readonly string[];
  /** Those that nodes of one kind answer alike, and those that have to be asked of each node. */
  readonly kindConstraints: readonly PreparedConstraint[];
  readonly nodeConstraints: readonly PreparedConstraint[];
  readonly volumes: VolumesNeeded;
  readonly distinct: DistinctRules;
  readonly affinities: readonly PreparedAffinity[];
  readonly spreads: readonly PreparedSpread[];
  readonly needed: Resources;
  readonly ports: PortsNeeded;
  /** By kind of node; null: feasible. */
  readonly verdicts: Map<string, Exclusion | null>;
}

export function placementPlan(
  type: PlacedJobType,
  job: PlacedJob,
  group: GroupSpec,
  pool: string | null = null,
): PlacementPlan {
  const constraints = [
    ...job.constraints,
    ...group.constraints,
    ...group.members.flatMap((member) => member.constraints),
  ].map(prepareConstraint);
  const affinities = [
    ...job.affinities,
    ...group.affinities,
    ...group.members.flatMap((member) => member.affinities),
  ];
  return {
    type,
    group,
    datacenters: job.datacenters,
    pool,
    drivers: [...new Set(group.members.map((member) => member.driver))],
    kindConstraints: constraints.filter((constraint) => !constraint.isUnique),
    nodeConstraints: constraints.filter((constraint) => constraint.isUnique),
    volumes: volumesNeeded(group.volumes),
    distinct: distinctRules(job.constraints, group.constraints),
    affinities: affinities.map((affinity) => ({
      weight: affinity.weight,
      holds: prepareConstraint(affinity).holds,
    })),
    spreads: prepareSpreads([...job.spreads, ...group.spreads], group.count),
    needed: resourcesNeeded(group),
    ports: portsNeeded(group.networks),
    verdicts: new Map(),
  };
}
