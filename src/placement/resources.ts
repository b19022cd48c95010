import type { GroupSpec, MemberSpec } from "../model/group.ts";
import type { HostFacts } from "../model/node.ts";

/** Amounts that a node offers, or that executions on it take. */
export interface Resources {
  readonly cpuMhz: number;
  /** Whole cores, reserved for one execution each. */
  readonly cores: number;
  /** MiB. */
  readonly memoryMb: number;
  readonly diskMb: number;
}

export const NO_RESOURCES: Resources = { cpuMhz: 0, cores: 0, memoryMb: 0, diskMb: 0 };

export type ResourceDimension = "cores" | "cpu" | "memory" | "disk";

/** What a node offers to groups. */
export function offeredBy(host: HostFacts, cores: number): Resources {
  return { cpuMhz: host.cpuMhz, cores, memoryMb: host.memoryMb, diskMb: host.diskMb };
}

export function addResources(a: Resources, b: Resources): Resources {
  return {
    cpuMhz: a.cpuMhz + b.cpuMhz,
    cores: a.cores + b.cores,
    memoryMb: a.memoryMb + b.memoryMb,
    diskMb: a.diskMb + b.diskMb,
  };
}

export function subtractResources(a: Resources, b: Resources): Resources {
  return {
    cpuMhz: a.cpuMhz - b.cpuMhz,
    cores: a.cores - b.cores,
    memoryMb: a.memoryMb - b.memoryMb,
    diskMb: a.diskMb - b.diskMb,
  };
}

function largest(a: Resources, b: Resources): Resources {
  return {
    cpuMhz: Math.max(a.cpuMhz, b.cpuMhz),
    cores: Math.max(a.cores, b.cores),
    memoryMb: Math.max(a.memoryMb, b.memoryMb),
    diskMb: Math.max(a.diskMb, b.diskMb),
  };
}

/** When a member runs: phases follow each other, so that only the largest of them counts; sidecars run in all. */
function phaseOf(member: MemberSpec): "before" | "main" | "after" | "throughout" {
  switch (member.lifecycle?.hook) {
    case "prestart":
      return member.lifecycle.sidecar ? "throughout" : "before";
    case "poststop":
      return "after";
    case "poststart":
    case undefined:
      return "main";
  }
}

/** What an execution of the group needs. `cpuMhz` is without its whole cores: see resourcesOn. */
export function resourcesNeeded(group: GroupSpec): Resources {
  const phases = { before: NO_RESOURCES, main: NO_RESOURCES, after: NO_RESOURCES };
  let throughout = NO_RESOURCES;
  for (const member of group.members) {
    const { cores, cpuMhz, memoryMb } = member.resources;
    const needs = { cpuMhz: cores > 0 ? 0 : cpuMhz, cores, memoryMb, diskMb: 0 };
    const phase = phaseOf(member);
    if (phase === "throughout") throughout = addResources(throughout, needs);
    else phases[phase] = addResources(phases[phase], needs);
  }
  const most = largest(largest(phases.before, phases.main), phases.after);
  return { ...addResources(throughout, most), diskMb: group.ephemeralDisk.sizeMb };
}

/** What an execution takes of a node: whole cores take their share of its MHz. */
export function resourcesOn(needed: Resources, offered: Resources): Resources {
  if (needed.cores === 0 || offered.cores === 0) return needed;
  const share = Math.floor((needed.cores * offered.cpuMhz) / offered.cores);
  return { ...needed, cpuMhz: needed.cpuMhz + share };
}

/** What is too small; null: it fits. `used` includes what is to be placed. */
export function exceededDimension(used: Resources, offered: Resources): ResourceDimension | null {
  if (used.cores > offered.cores) return "cores";
  if (used.cpuMhz > offered.cpuMhz) return "cpu";
  if (used.memoryMb > offered.memoryMb) return "memory";
  return used.diskMb > offered.diskMb ? "disk" : null;
}
