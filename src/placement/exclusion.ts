import type { NodeNumber } from "../model/id.ts";

/** Why a node can not take an execution of a group. */
export type ExclusionCode =
  /** Not of the job's pool or datacenters: not looked at any further. */
  | "pool"
  | "datacenter"
  | "driver"
  | "constraint"
  | "volumes"
  | "distinctHosts"
  | "distinctProperty"
  /** Good enough, but in use. */
  | "ports"
  | "cores"
  | "cpu"
  | "memory"
  | "disk";

export interface Exclusion {
  readonly code: ExclusionCode;
  /** What it is counted under, as Nomad's metrics do: `${attr.kernel.name} = linux`, `memory`. */
  readonly label: string;
}

/** Whether the node was never looked at, is not good enough, or only has no room at present. */
export function stageOf(code: ExclusionCode): "outside" | "filtered" | "exhausted" {
  switch (code) {
    case "pool":
    case "datacenter":
      return "outside";
    case "driver":
    case "constraint":
    case "volumes":
    case "distinctHosts":
    case "distinctProperty":
      return "filtered";
    case "ports":
    case "cores":
    case "cpu":
    case "memory":
    case "disk":
      return "exhausted";
  }
}

/** How many nodes one thing excluded. */
export interface ExclusionCount extends Exclusion {
  readonly nodeCount: number;
  /** The lowest NODES_NAMED_MAX of them, rising. */
  readonly nodes: readonly NodeNumber[];
}

/** More would fill screens; the count is exact. */
export const NODES_NAMED_MAX = 20;
