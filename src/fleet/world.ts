import type { RollingNote } from "../model/event.ts";
import type { FleetEvent } from "../model/fleet/fleetEvent.ts";
import type { Switch, UserNumber } from "../model/fleet/person.ts";
import type { FleetRunSpec, FleetTarget } from "../model/fleet/run.ts";
import type { JobNumber, NodeNumber } from "../model/id.ts";
import type { DeallocationOption } from "../model/pool.ts";
import type { RequestError } from "../model/requestError.ts";

/** A node as fleet operations see it. */
export interface FleetNode {
  readonly number: NodeNumber;
  readonly id: string;
  /** Null: nobody has edited it yet. */
  readonly owner: UserNumber | null;
  readonly status: Switch;
  /** Whether its pool accepts fleet runs at all. */
  readonly accepts: boolean;
  readonly poolId: string;
}

export interface NodePatch {
  readonly id?: string;
  readonly owner?: UserNumber | null;
  readonly description?: string;
  readonly status?: Switch;
  readonly updatedBy: UserNumber;
}

export interface NodeLookup {
  findNode(id: string): FleetNode | null;
  node(number: NodeNumber): FleetNode | null;
}

export interface RunStart {
  /** Of the whole run; null: unlimited. */
  readonly timeoutMs: number | null;
  /** Targets from the front that may begin at once, the others are held; null: all. */
  readonly released: number | null;
}

/** The machine of nodes and jobs, which does what it is told in the same step (DESIGN 2). */
export interface World extends NodeLookup {
  /** Null: done. */
  editNode(number: NodeNumber, patch: NodePatch): RequestError | null;
  removeNode(number: NodeNumber, option: DeallocationOption): RequestError | null;
  /** `timeoutMs`: of the whole run; null: unlimited. */
  startRun(run: FleetRunSpec, targets: readonly FleetTarget[], how: RunStart): JobNumber;
  /** `isHeld`: they wait to be released, as those of a rolling run. */
  rerun(job: JobNumber, nodes: readonly NodeNumber[], isHeld: boolean): RequestError | null;
  /** Lets the next targets begin that are held, in the order of the run; returns how many, at most `count`. */
  release(job: JobNumber, count: number): number;
  /** Takes back the targets that were released and not sent to their nodes yet; returns how many. */
  hold(job: JobNumber): number;
  /** Puts it on record. */
  tell(event: FleetEvent): void;
  /** Puts on record how far a rolling run has come. */
  noteRolling(job: JobNumber, note: RollingNote): void;
  /** Null node: the whole run. */
  stop(job: JobNumber, node: NodeNumber | null, reason: string): RequestError | null;
}
