import type { GroupSpec } from "../../model/group.ts";
import type { DriverFacts } from "../../model/node.ts";
import type { NodeTraits } from "../../model/placementSpec.ts";
import type { Candidate } from "../../placement/candidate.ts";
import { kindExclusion } from "../../placement/feasibility.ts";
import { nodeKind } from "../../placement/nodeKind.ts";
import { type PlacementPlan, placementPlan } from "../../placement/plan.ts";
import { offeredBy, type Resources } from "../../placement/resources.ts";
import type { HostVolumes } from "../../placement/volumes.ts";
import { takesWork } from "../nodeIndex.ts";
import type { Engine, Job, Node, Pool } from "../state.ts";
import { groupsOf, groupTypeOf, specOfVersion } from "./jobGroups.ts";

/** A node as placement sees it; what is used of it is always as it is now. */
class NodeCandidate implements Candidate {
  readonly #node: Node;
  readonly traits: NodeTraits;
  readonly drivers: Readonly<Record<string, DriverFacts>>;
  readonly hostVolumes: HostVolumes;
  readonly kind: string;
  readonly offered: Resources;

  constructor(node: Node) {
    this.#node = node;
    const { host, cores = 0 } = node.record.facts ?? {};
    this.traits = {
      id: node.record.guid,
      name: node.record.id,
      datacenter: host?.datacenter ?? "",
      nodeClass: host?.nodeClass ?? "",
      pool: node.pool.record.spec.id,
      attributes: host?.attributes ?? {},
      meta: host?.meta ?? {},
    };
    this.drivers = host?.drivers ?? {};
    this.hostVolumes = host?.hostVolumes ?? {};
    this.kind = nodeKind(this.traits, this.drivers, this.hostVolumes);
    this.offered =
      host === undefined ? { cpuMhz: 0, cores: 0, memoryMb: 0, diskMb: 0 } : offeredBy(host, cores);
  }

  get node(): number {
    return this.#node.record.number;
  }

  get used(): Resources {
    return this.#node.use.resources;
  }

  get usedPorts(): ReadonlySet<number> {
    return this.#node.use.ports;
  }

  get ipAddress(): string {
    return this.#node.record.facts?.ipAddress ?? "127.0.0.1";
  }
}

/** The node for placement; made anew when its facts are others. */
export function candidateOf(node: Node): Candidate {
  const { facts } = node.record;
  if (node.candidate === null || node.candidate.facts !== facts) {
    node.candidate = { facts, value: new NodeCandidate(node) };
  }
  return node.candidate.value;
}

/** The nodes of a pool that take work and say what they offer to groups. */
export function candidatesIn(engine: Engine, pool: Pool): readonly Candidate[] {
  if (pool.candidates === null) {
    const found: Candidate[] = [];
    for (const number of pool.nodes) {
      const node = engine.nodes.get(number);
      if (node?.record.facts?.host === undefined || !takesWork(node)) continue;
      found.push(candidateOf(node));
    }
    pool.candidates = found;
  }
  return pool.candidates;
}

/** How a group of one of the job's versions is placed; kept as long as that is what it is asked for. */
export function planOf(
  job: Job,
  group: GroupSpec,
  version = groupsOf(job).record.version,
): PlacementPlan {
  const { live, record } = groupsOf(job);
  const key = `${group.name}/${version === record.version ? "present" : "kept"}`;
  const known = live.plans.get(key);
  if (known?.group === group) return known;
  const spec = specOfVersion(job, version);
  if (spec === null) throw new Error(`version ${version} of ${job.record.spec.id} is not kept`);
  const plan = placementPlan(groupTypeOf(job), spec, group);
  live.plans.set(key, plan);
  return plan;
}

/** Whether the node is one that the group may run on, be there room or not. */
export function isFeasible(job: Job, group: GroupSpec, node: Node): boolean {
  return suits(planOf(job, group), candidateOf(node));
}

/** The same if each of its drivers were there and well. */
export function isFeasibleButForDrivers(job: Job, group: GroupSpec, node: Node): boolean {
  const plan = { ...planOf(job, group), drivers: [], verdicts: new Map() };
  return suits(plan, candidateOf(node));
}

/** Likewise for a group that is no job's yet. */
export function suits(plan: PlacementPlan, candidate: Candidate): boolean {
  if (kindExclusion(plan, candidate) !== null) return false;
  return plan.nodeConstraints.every((constraint) => constraint.holds(candidate.traits));
}
