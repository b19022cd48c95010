import type { MemberSpec, ResourcesSpec } from "../../model/group.ts";
import type { HostFacts } from "../../model/node.ts";
import type { MemberProcess } from "../core/contract.ts";
import {
  type HostMount,
  type MemberStart,
  type StartFailure,
  unrecoverable,
} from "../drivers/driver.ts";
import type { DriverOptions } from "../options.ts";
import type { GroupLimits } from "../platform/groups.ts";
import { allocationVariables, nodeVariables } from "./environment.ts";
import { interpolate, interpolateTexts, interpolateValue, type Scope } from "./interpolation.ts";
import { allocationDirectory, memberDirectories, seenDirectories } from "./layout.ts";

/** What of its node a member can see. */
export interface MemberSurroundings {
  readonly rootDirectory: string;
  readonly guid: string;
  readonly host: HostFacts;
  readonly hostVolumes: DriverOptions["hostVolumes"];
}

/** A member of no environment of its own has at least these. */
const BASE = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LANG: "C.UTF-8",
};
const MEBIBYTE = 1024 * 1024;

/** The member of a process. Throws if its group has none of that name: the order is not one that a server gives. */
export function specOf({ order, member }: MemberProcess): MemberSpec {
  const spec = order.allocation.group.members.find(({ name }) => name === member);
  if (spec === undefined) {
    throw new Error(`Expected a member ${member} in the group ${order.allocation.group.name}.`);
  }
  return spec;
}

/** What texts of the member may refer to; `templated` is what its templates add to its environment. */
export function scopeOf(
  process: MemberProcess,
  surroundings: MemberSurroundings,
  templated: Readonly<Record<string, string>> = {},
): Scope {
  const { order } = process;
  const spec = specOf(process);
  const directories = memberDirectories(
    allocationDirectory(surroundings.rootDirectory, order),
    spec.name,
  );
  const seen = seenDirectories(directories, spec.driver);
  const system = allocationVariables(order.allocation, order, spec, seen);
  const node = nodeVariables(
    surroundings.host,
    {
      guid: surroundings.guid,
      nodeId: order.nodeId,
      poolId: order.poolId,
    },
    order.allocation.region,
  );
  // An image has its own.
  const base = spec.driver === "docker" ? {} : { ...BASE, HOME: directories.local };
  const own = interpolateTexts(spec.env, { environment: { ...base, ...system }, node });
  return { environment: { ...base, ...own, ...templated, ...system }, node };
}

/** The process as drivers know it, or why the node cannot give it what it wants. */
export function memberStart(
  process: MemberProcess,
  surroundings: MemberSurroundings,
  templated: Readonly<Record<string, string>>,
): MemberStart | StartFailure {
  const { order, key } = process;
  const spec = specOf(process);
  const scope = scopeOf(process, surroundings, templated);
  const mounts = mountsOf(process, spec, surroundings, scope);
  if (!Array.isArray(mounts)) return mounts;
  const { allocation } = order;
  const [network] = allocation.group.networks;
  return {
    key,
    driver: spec.driver,
    config: interpolateValue(spec.config, scope) as MemberStart["config"],
    user: spec.user === null ? null : interpolate(spec.user, scope),
    account: `pool ${order.poolId}`,
    env: withoutBun(scope.environment),
    directories: memberDirectories(
      allocationDirectory(surroundings.rootDirectory, order),
      spec.name,
    ),
    limits: limitsOf(spec.resources),
    ports: allocation.ports,
    networkMode: network?.mode ?? "host",
    hostname: network?.hostname == null ? null : interpolate(network.hostname, scope),
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
  scope: Scope,
): HostMount[] | StartFailure {
  const mounts: HostMount[] = [];
  for (const mount of spec.volumeMounts) {
    const volume = order.allocation.group.volumes.find(({ name }) => name === mount.volume);
    const found = volume === undefined ? undefined : hostVolumes[interpolate(volume.source, scope)];
    if (volume === undefined || found === undefined) {
      return unrecoverable(
        `Expected the volume ${volume?.source ?? mount.volume} on this node, and it has none of that name; list it in hostVolumes of the agent's configuration.`,
      );
    }
    const readOnly = mount.readOnly || volume.readOnly || found.readOnly;
    if (found.readOnly && !volume.readOnly && !mount.readOnly) {
      return unrecoverable(`The volume ${volume.source} can only be read on this node.`);
    }
    const destination = interpolate(mount.destination, scope);
    mounts.push({ source: found.path, destination, readOnly });
  }
  return mounts;
}
