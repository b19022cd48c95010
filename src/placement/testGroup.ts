import type { GroupSpec, MemberSpec, NetworkSpec } from "../model/group.ts";
import type { NodeNumber } from "../model/id.ts";
import type { NodeTraits } from "../model/placementSpec.ts";
import type { Candidate } from "./candidate.ts";
import { JobUsage } from "./jobUsage.ts";
import { nodeKind } from "./nodeKind.ts";
import { type PlacedJob, type PlacedJobType, placementPlan } from "./plan.ts";
import type { PlacementRequest } from "./request.ts";
import { addResources, NO_RESOURCES, type Resources, resourcesOn } from "./resources.ts";

const RESTART = { attempts: 2, intervalMs: 1_800_000, delayMs: 15_000, mode: "fail" } as const;

const MEMBER: MemberSpec = {
  name: "web",
  driver: "raw_exec",
  config: {},
  user: null,
  env: {},
  meta: {},
  resources: { cpuMhz: 100, cores: 0, memoryMb: 300, memoryMaxMb: 0 },
  constraints: [],
  affinities: [],
  restart: RESTART,
  lifecycle: null,
  leader: false,
  killTimeoutMs: 5_000,
  killSignal: null,
  shutdownDelayMs: 0,
  services: [],
  artifacts: [],
  templates: [],
  logs: { maxFiles: 10, maxFileSizeMb: 10, disabled: false },
  volumeMounts: [],
  dispatchPayloadFile: null,
};

const GROUP: GroupSpec = {
  name: "web",
  count: 1,
  constraints: [],
  affinities: [],
  spreads: [],
  restart: RESTART,
  reschedule: null,
  update: null,
  migrate: null,
  disconnect: {
    lostAfterMs: 0,
    replace: true,
    reconcile: "best_score",
    stopOnClientAfterMs: null,
  },
  ephemeralDisk: { sizeMb: 300, sticky: false, migrate: false },
  networks: [],
  services: [],
  volumes: [],
  shutdownDelayMs: 0,
  meta: {},
  maxRunDurationMs: null,
  members: [MEMBER],
};

export function aMember(parts: Partial<MemberSpec> = {}): MemberSpec {
  return { ...MEMBER, ...parts };
}

export function aGroup(parts: Partial<GroupSpec> = {}): GroupSpec {
  return { ...GROUP, ...parts };
}

/** A host network with ports: null for a dynamic one. */
export function aNetwork(ports: Readonly<Record<string, number | null>>): NetworkSpec {
  return {
    mode: "host",
    hostname: null,
    ports: Object.entries(ports).map(([label, port]) => ({ label, static: port, to: -1 })),
  };
}

/** A node that can be placed on again and again. */
export interface TestNode extends Candidate {
  used: Resources;
  readonly usedPorts: Set<number>;
}

export function aNode(
  node: NodeNumber,
  parts: Partial<NodeTraits> = {},
  offered: Partial<Resources> = {},
): TestNode {
  const traits: NodeTraits = {
    id: `guid-${node}`,
    name: `node-${node}`,
    datacenter: "dc1",
    nodeClass: "",
    pool: "default",
    attributes: { "kernel.name": "linux" },
    meta: {},
    ...parts,
  };
  const hostVolumes = {};
  const drivers = { raw_exec: { detected: true, healthy: true, description: "" } };
  return {
    node,
    traits,
    drivers,
    hostVolumes,
    kind: nodeKind(traits, drivers, hostVolumes),
    offered: { cpuMhz: 4_000, cores: 4, memoryMb: 8_192, diskMb: 50_000, ...offered },
    used: NO_RESOURCES,
    usedPorts: new Set(),
    ipAddress: `10.0.0.${node}`,
  };
}

const JOB: PlacedJob = { datacenters: ["*"], constraints: [], affinities: [], spreads: [] };

export function aRequest(
  group: Partial<GroupSpec> = {},
  job: Partial<PlacedJob> = {},
  type: PlacedJobType = "service",
): PlacementRequest {
  return {
    plan: placementPlan(type, { ...JOB, ...job }, aGroup(group)),
    index: 0,
    usage: new JobUsage(),
    penaltyNodes: new Set(),
    algorithm: "binpack",
  };
}

/** Notes on the node and in the job's usage what was placed. */
export function occupy(
  request: PlacementRequest,
  node: TestNode,
  execution: number,
  ports: readonly number[] = [],
): void {
  const { plan, usage } = request;
  node.used = addResources(node.used, resourcesOn(plan.needed, node.offered));
  for (const port of ports) node.usedPorts.add(port);
  usage.add(execution, plan.group.name, node.node, node.traits);
}

/** Chance for tests that do not care: the same numbers each time. */
export function chance(seed = 1): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
