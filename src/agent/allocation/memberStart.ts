import { type MemberSpec, type ResourcesSpec, volumeSource } from "../../model/group.ts";
import {
  interpolate,
  interpolateValue,
  type Lookup,
  nodeLookup,
} from "../../model/interpolation/interpolate.ts";
import { memberEnvironment } from "../../model/interpolation/memberEnvironment.ts";
import type { HostFacts } from "../../model/node.ts";
import type { NodeTraits } from "../../model/placementSpec.ts";
import type { MemberProcess } from "../core/contract.ts";
import {
  type HostMount,
  type MemberStart,
  type StartFailure,
  unrecoverable,
} from "../drivers/driver.ts";
import type { DriverOptions } from "../options.ts";
import type { GroupLimits } from "../platform/groups.ts";
import { taskAccount } from "../platform/users.ts";
import {
  allocationDirectory,
  containerMounts,
  memberDirectories,
  seenDirectories,
} from "./layout.ts";

/** What of its node a member can see. */
export interface MemberSurroundings {
  readonly rootDirectory: string;
  readonly guid: string;
  readonly host: () => HostFacts;
  readonly hostVolumes: DriverOptions["hostVolumes"];
  /** Of the processes' control groups, as a path in its hierarchy; null: there are none. */
  readonly parentCgroup: string | null;
}

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const MEBIBYTE = 1024 * 1024;

/** The member of a process. Throws if its group has none of that name: the order is not one that a server gives. */
export function specOf({ order, member }: MemberProcess): MemberSpec {
  const spec = order.allocation.group.members.find(({ name }) => name === member);
  if (spec === undefined) {
    throw new Error(`Expected a member ${member} in the group ${order.allocation.group.name}.`);
  }
  return spec;
}

/** What texts of a member may refer to. */
export interface MemberScope {
  readonly environment: Readonly<Record<string, string>>;
  readonly lookup: Lookup;
  readonly traits: NodeTraits;
}

/** `templated` is what the member's templates add to its environment. */
export function scopeOf(
  process: MemberProcess,
  surroundings: MemberSurroundings,
  templated: Readonly<Record<string, string>> = {},
): MemberScope {
  const { order } = process;
  const { allocation, jobId } = order;
  const spec = specOf(process);
  const directory = allocationDirectory(surroundings.rootDirectory, order);
  const directories = memberDirectories(directory, spec.name);
  const seen = seenDirectories(directories, spec.driver);
  const traits = traitsOf(process, surroundings);
  const isContainer = spec.driver === "docker";
  const own = memberEnvironment(allocation, spec, {
    jobId,
    directories: { alloc: seen.alloc, task: seen.local, secrets: seen.secrets },
    traits,
    cores: null,
    // A container is where its engine puts it, and its image has variables of its own.
    parentCgroup: isContainer ? null : surroundings.parentCgroup,
    base: isContainer ? {} : { PATH, LANG: "C.UTF-8", HOME: directories.member },
  });
  const environment = { ...own, ...templated };
  return { environment, lookup: nodeLookup(traits, allocation.region, environment), traits };
}

function traitsOf({ order }: MemberProcess, surroundings: MemberSurroundings): NodeTraits {
  const { datacenter, nodeClass, attributes, meta } = surroundings.host();
  const { nodeId: name, poolId: pool } = order;
  return { id: surroundings.guid, name, datacenter, nodeClass, pool, attributes, meta };
}

/**
 * The automatic account of a member of no user. One account sees in /proc what processes of it see: what has a root of its own
 * must not share an account with what has the node's, nor with another's.
 */
export function accountOf(process: MemberProcess): string {
  const { jobId, taskId, poolId } = process.order;
  return specOf(process).driver === "exec" ? taskAccount(jobId, taskId) : `pool ${poolId}`;
}

/** The process as drivers know it, or why the node cannot give it what it wants. */
export function memberStart(
  process: MemberProcess,
  surroundings: MemberSurroundings,
  templated: Readonly<Record<string, string>>,
): MemberStart | StartFailure {
  const { order, key } = process;
  const spec = specOf(process);
  const { environment, lookup } = scopeOf(process, surroundings, templated);
  const mounts = mountsOf(process, spec, surroundings, lookup);
  if (!Array.isArray(mounts)) return mounts;
  const { allocation } = order;
  const directory = allocationDirectory(surroundings.rootDirectory, order);
  const directories = memberDirectories(directory, spec.name);
  const [network] = allocation.group.networks;
  const hostname = network?.hostname ?? null;
  return {
    key,
    driver: spec.driver,
    config: interpolateValue(spec.config, lookup) as MemberStart["config"],
    user: spec.user === null ? null : interpolate(spec.user, lookup),
    account: accountOf(process),
    env: withoutBun(environment),
    directories,
    own: containerMounts(directories),
    limits: limitsOf(spec.resources),
    ports: allocation.ports,
    networkMode: network?.mode ?? "host",
    hostname: hostname === null ? null : interpolate(hostname, lookup),
    mounts,
    labels: {
      "stint.job": order.jobId,
      "stint.group": allocation.group.name,
      "stint.member": spec.name,
      "stint.allocation": allocation.allocationId,
    },
  };
}

/** Both change what a Bun executable does (see environment.ts of tasks). */
function withoutBun(environment: Readonly<Record<string, string>>): Record<string, string> {
  const { BUN_BE_BUN: _, BUN_OPTIONS: __, ...rest } = environment;
  return rest;
}

/** Memory is a bound; the CPU is shared by weight unless whole cores are asked for. */
function limitsOf({ cpuMhz, cores, memoryMb, memoryMaxMb }: ResourcesSpec): GroupLimits {
  const memoryBytes = (memoryMaxMb > 0 ? memoryMaxMb : memoryMb) * MEBIBYTE;
  return cores > 0 ? { memoryBytes, cpuCores: cores } : { memoryBytes, cpuShares: cpuMhz };
}

function mountsOf(
  { order }: MemberProcess,
  spec: MemberSpec,
  { hostVolumes }: MemberSurroundings,
  lookup: Lookup,
): HostMount[] | StartFailure {
  const mounts: HostMount[] = [];
  const { group, index } = order.allocation;
  for (const mount of spec.volumeMounts) {
    const volume = group.volumes.find(({ name }) => name === mount.volume);
    if (volume === undefined) {
      return unrecoverable(
        `Expected a volume of the group ${group.name} in volume_mount, given "${mount.volume}"; correct the job.`,
      );
    }
    const source = volumeSource(volume, index);
    const found = hostVolumes[source];
    if (found === undefined) {
      return unrecoverable(
        `Expected the volume ${source} on this node, and it has none of that name; list it in hostVolumes of the agent's configuration.`,
      );
    }
    if (found.readOnly && !volume.readOnly) {
      return unrecoverable(
        `Expected to write to the volume ${source}, which can only be read on this node; write read_only = true in the job, or let the agent's configuration allow it.`,
      );
    }
    const destination = interpolate(mount.destination, lookup);
    if (!destination.startsWith("/") || destination.split("/").includes("..")) {
      return unrecoverable(
        `Expected an absolute path without .. as destination of the volume ${volume.name}, given "${destination}"; correct the job.`,
      );
    }
    const readOnly = mount.readOnly || volume.readOnly;
    mounts.push({ source: found.path, destination, readOnly });
  }
  return mounts;
}
