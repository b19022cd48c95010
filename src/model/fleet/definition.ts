import type { Cycle } from "../cycle.ts";
import type { NodeNumber } from "../id.ts";
import type { NodeGroupNumber } from "./nodeGroup.ts";
import type { Stamps, Switch, UserGroupNumber, UserNumber } from "./person.ts";
import type { RollingPolicy } from "./rolling.ts";
import type { ScriptSource } from "./run.ts";

/** A task definition's number, from 1, never reused. */
export type DefinitionNumber = number;

/** Nodes that a run is for: the union of all of them (OPMATE 6.2). */
export interface Targets {
  readonly nodes: readonly NodeNumber[];
  readonly nodeGroups: readonly NodeGroupNumber[];
}

/** Who may start it beside its owner (OPMATE 4). */
export interface Runners {
  readonly users: readonly UserNumber[];
  readonly userGroups: readonly UserGroupNumber[];
  /** Definitions whose success may start it. */
  readonly definitions: readonly DefinitionNumber[];
}

/** When the clock starts it; a definition may have several. */
export interface ScheduleEntry {
  readonly id: string;
  readonly when:
    | { readonly form: "cycle"; readonly cycle: Cycle }
    | { readonly form: "cron"; readonly cron: string };
  /** IANA name. */
  readonly timeZone: string;
  readonly status: Switch;
}

/** What is reviewed: all of a definition that a revision holds. */
export interface DefinitionContent {
  readonly script: ScriptSource;
  /** Account of the nodes; null: the agent's own. */
  readonly osUser: string | null;
  readonly byScheduler: boolean;
  readonly byOnDemand: boolean;
  readonly byTask: boolean;
  readonly nextTask: DefinitionNumber | null;
  readonly targets: Targets;
  readonly runners: Runners;
  readonly schedules: readonly ScheduleEntry[];
  /** Of runs that name no other; null: all targets at once. */
  readonly rolling: RollingPolicy | null;
  readonly startWithinMs: number;
  readonly nodeTimeoutMs: number | null;
  readonly runTimeoutMs: number | null;
  /** Whether changed attributes or members of its node groups need another approval before it runs. */
  readonly asksAgain: boolean;
}

/** Where a working copy is on its way to a revision (OPMATE 6.3). */
export type Approval =
  | { readonly state: "none" }
  | {
      readonly state: "requested";
      readonly approver: UserNumber;
      readonly reason: string;
      readonly requestedBy: UserNumber;
      readonly at: number;
    }
  | {
      readonly state: "approved";
      readonly approver: UserNumber;
      readonly reason: string;
      readonly at: number;
    }
  | {
      readonly state: "rejected";
      readonly approver: UserNumber;
      readonly reason: string;
      readonly rejectReason: string;
      readonly at: number;
    };

/** A reviewed, revisioned script with targets, schedules and permissions. */
export interface DefinitionRecord extends Stamps {
  readonly number: DefinitionNumber;
  readonly id: string;
  readonly owner: UserNumber;
  readonly description: string;
  /** The one that runs; 0: none was approved yet. */
  readonly revision: number;
  /** Who is asked when a request names nobody; null: it has to. */
  readonly approver: UserNumber | null;
  /** Revision 0, what edits change; as the running revision until the first edit. */
  readonly working: DefinitionContent;
  readonly approval: Approval;
  /** When each schedule was due last, fired or skipped; by its folded id. */
  readonly lastDueAt: Readonly<Record<string, number>>;
}

/** One approved state of a definition; never changed. */
export interface RevisionRecord {
  readonly definition: DefinitionNumber;
  /** From 1. */
  readonly revision: number;
  /** As it was then. */
  readonly owner: UserNumber;
  readonly content: DefinitionContent;
  readonly requestedBy: UserNumber;
  readonly requestReason: string;
  readonly approver: UserNumber;
  readonly approvedAt: number;
  /** Members and attributes of its node groups when it was approved, as text; what `asksAgain` compares with. */
  readonly groupsText: string;
}
