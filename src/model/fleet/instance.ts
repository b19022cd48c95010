import type { JobNumber, NodeNumber } from "../id.ts";
import type { DefinitionNumber } from "./definition.ts";
import type { UserNumber } from "./person.ts";
import type { RollingProgress } from "./rolling.ts";

/** A task instance's number: global, rising, never reused. */
export type InstanceNumber = number;

/** Who started it. */
export type InstanceRunner =
  | { readonly kind: "user"; readonly user: UserNumber }
  | { readonly kind: "scheduler"; readonly schedule: string; readonly dueAt: number }
  | {
      readonly kind: "task";
      readonly definition: DefinitionNumber;
      readonly instance: InstanceNumber;
    };

export interface Rerun {
  readonly node: NodeNumber;
  readonly at: number;
  /** As InstanceRecord.runnerText. */
  readonly runnerText: string;
}

/** One run of a task definition (OPMATE 7). Its nodes are the tasks of its job. */
export interface InstanceRecord {
  readonly number: InstanceNumber;
  readonly definition: DefinitionNumber;
  /** As it was then. */
  readonly definitionId: string;
  readonly revision: number;
  readonly job: JobNumber;
  readonly runner: InstanceRunner;
  /** The runner's id as it was then: `bumbee(user)`. */
  readonly runnerText: string;
  readonly arguments: readonly string[];
  readonly targetCount: number;
  readonly startedAt: number;
  /** Null until all targets have finished, again while some are rerun. */
  readonly endedAt: number | null;
  /** Null while it is not known. */
  readonly result: "success" | "fail" | null;
  /** What its success starts, by the revision that ran; null: nothing. */
  readonly nextTask: DefinitionNumber | null;
  /** The instance that its success started, once; null: none. */
  readonly nextInstance: InstanceNumber | null;
  /** Why its success could not start its next task; null: it did, or has not come. */
  readonly nextRefusal: string | null;
  /** Nodes that were run again, in order: the n-th of a node is its EXEC NO n + 1. */
  readonly reruns: readonly Rerun[];
  /** Why it was stopped; null: it was not. */
  readonly stopReason: string | null;
  /** Absent: all targets begin at once. */
  readonly rolling?: RollingProgress;
}
