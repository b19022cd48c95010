import type { AllocationOrder, AssignedPort } from "../allocation.ts";
import type { MemberSpec } from "../group.ts";
import type { NodeTraits } from "../placementSpec.ts";
import { interpolate, nodeLookup } from "./interpolate.ts";

/** Directories as the process of the member sees them: absolute on the host, or inside its container. */
export interface MemberDirectories {
  /** Shared by the members of the execution. */
  readonly alloc: string;
  /** `local` of the member. */
  readonly task: string;
  readonly secrets: string;
}

export interface MemberSurroundings {
  /** Of the start order. */
  readonly jobId: string;
  readonly directories: MemberDirectories;
  readonly traits: NodeTraits;
  /** Cores reserved for it, as `0-1,4`; null: none. */
  readonly cores: string | null;
  /** Null: it runs in none. */
  readonly parentCgroup: string | null;
  /** What the driver sets, as PATH and HOME: everything else goes before it, and may refer to it. */
  readonly base: Readonly<Record<string, string>>;
}

type Environment = Record<string, string>;

/**
 * The variables of a member's process: the driver's, then Nomad's own, then those of the job with `${...}` filled in;
 * later ones go before. What templates add comes from the agent.
 */
export function memberEnvironment(
  order: AllocationOrder,
  member: MemberSpec,
  surroundings: MemberSurroundings,
): Readonly<Record<string, string>> {
  const environment: Environment = {
    ...surroundings.base,
    ...ofDirectories(surroundings.directories),
    ...ofResources(member, surroundings),
    ...ofExecution(order, member, surroundings.jobId),
    ...ofPorts(order.ports),
  };
  const lookup = nodeLookup(surroundings.traits, order.region, environment);
  const meta = { ...order.meta, ...order.group.meta, ...member.meta };
  for (const [key, value] of Object.entries(meta)) {
    const text = interpolate(value, lookup);
    environment[`NOMAD_META_${cleanName(key).toUpperCase()}`] = text;
    environment[`NOMAD_META_${cleanName(key)}`] = text;
  }
  // The lookup reads the same record, so a variable may refer to those above it.
  for (const [name, value] of Object.entries(member.env)) {
    environment[name] = interpolate(value, lookup);
  }
  return environment;
}

function ofDirectories({ alloc, task, secrets }: MemberDirectories): Environment {
  return { NOMAD_ALLOC_DIR: alloc, NOMAD_TASK_DIR: task, NOMAD_SECRETS_DIR: secrets };
}

function ofResources({ resources }: MemberSpec, surroundings: MemberSurroundings): Environment {
  const { cores, parentCgroup } = surroundings;
  const { cpuMhz, memoryMb, memoryMaxMb } = resources;
  return {
    NOMAD_CPU_LIMIT: String(cpuMhz),
    NOMAD_MEMORY_LIMIT: String(memoryMb),
    ...(memoryMaxMb > 0 ? { NOMAD_MEMORY_MAX_LIMIT: String(memoryMaxMb) } : {}),
    ...(cores === null ? {} : { NOMAD_CPU_CORES: cores }),
    ...(parentCgroup === null ? {} : { NOMAD_PARENT_CGROUP: parentCgroup }),
  };
}

const SHORT_ID_LENGTH = 8;

function ofExecution(order: AllocationOrder, { name }: MemberSpec, jobId: string): Environment {
  const { parentJobId } = order;
  return {
    NOMAD_ALLOC_ID: order.allocationId,
    NOMAD_SHORT_ALLOC_ID: order.allocationId.slice(0, SHORT_ID_LENGTH),
    NOMAD_ALLOC_NAME: order.name,
    NOMAD_ALLOC_INDEX: String(order.index),
    NOMAD_TASK_NAME: name,
    NOMAD_GROUP_NAME: order.group.name,
    NOMAD_JOB_ID: jobId,
    NOMAD_JOB_NAME: order.jobName,
    NOMAD_DC: order.datacenter,
    NOMAD_REGION: order.region,
    NOMAD_NAMESPACE: order.namespace,
    ...(parentJobId === null ? {} : { NOMAD_JOB_PARENT_ID: parentJobId }),
  };
}

function ofPorts(ports: readonly AssignedPort[]): Environment {
  return Object.assign({}, ...ports.map(ofPort));
}

function ofPort({ label, value, to, hostIp }: AssignedPort): Environment {
  const name = cleanName(label);
  const host = hostIp.includes(":") ? `[${hostIp}]` : hostIp;
  const address = `${host}:${value}`;
  const inner = String(to > 0 ? to : value);
  return {
    [`NOMAD_IP_${name}`]: hostIp,
    [`NOMAD_PORT_${name}`]: inner,
    [`NOMAD_ADDR_${name}`]: address,
    [`NOMAD_HOST_IP_${name}`]: hostIp,
    [`NOMAD_HOST_PORT_${name}`]: String(value),
    [`NOMAD_HOST_ADDR_${name}`]: address,
    [`NOMAD_ALLOC_PORT_${name}`]: inner,
  };
}

/** Only what shells take as part of a name. */
function cleanName(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/g, "_");
}
