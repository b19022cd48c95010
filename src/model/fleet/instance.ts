import type { JobNumber } from "../id.ts";
import type { DefinitionNumber } from "./definition.ts";
import type { UserNumber } from "./person.ts";

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
  /** Why it was stopped; null: it was not. */
  readonly stopReason: string | null;
}
