import type { NodeNumber } from "../model/id.ts";
import type { DriverFacts } from "../model/node.ts";
import type { NodeTraits } from "../model/placementSpec.ts";
import type { Resources } from "./resources.ts";
import type { HostVolumes } from "./volumes.ts";

/**
 * A node that may take executions of groups: ready and eligible, which is for the caller to see to. Meant to be kept one
 * for each node and brought up to date, not made for each placement.
 */
export interface Candidate {
  readonly node: NodeNumber;
  readonly traits: NodeTraits;
  readonly drivers: Readonly<Record<string, DriverFacts>>;
  readonly hostVolumes: HostVolumes;
  /** Of nodeKind, made from traits, drivers and volumes. */
  readonly kind: string;
  readonly offered: Resources;
  /** By all executions on it, of all jobs. */
  readonly used: Resources;
  readonly usedPorts: ReadonlySet<number>;
  readonly ipAddress: string;
}
