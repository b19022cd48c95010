import type { JobSpec } from "./job.ts";

/** A job on simulated time: what is wished, and what comes of it (`stint job simulate`). */
export interface SimulationWish {
  readonly spec: JobSpec;
  readonly nodes: number;
  readonly durationMs: number;
  /** As people write them: `process:p=0.02/h`, `node:mtbf=30d,mttr=10m`. */
  readonly failures: readonly string[];
  readonly seed: number;
}

/** One line of the timeline. */
export interface SimulationEvent {
  /** Since the job was registered. */
  readonly atMs: number;
  /** "" when it is about none. */
  readonly node: string;
  /** `JOB.GROUP[INDEX]`, of a system job with its node; "" when it is about a node. */
  readonly allocation: string;
  /** First digits of the allocation's id; "" when there is none. */
  readonly id: string;
  readonly member: string;
  readonly type: string;
  readonly description: string;
}

export interface SimulationGroup {
  readonly group: string;
  /** Tasks that were wanted: the count, or the nodes of a system job. */
  readonly tasks: number;
  readonly restarts: number;
  readonly reschedules: number;
  /** Executions that took the place of lost or stopped ones, which use up no attempt. */
  readonly replacements: number;
  readonly completed: number;
  /** Tasks that were given up by policy. */
  readonly givenUp: number;
  /** Of all tasks together, from when each first ran; null: the job ends by itself. */
  readonly downtimeMs: number | null;
  readonly longestDowntimeMs: number | null;
  /** 0 to 1. */
  readonly availability: number | null;
}

export interface SimulationReport {
  readonly jobId: string;
  readonly nodes: number;
  readonly durationMs: number;
  readonly seed: number;
  readonly failures: readonly string[];
  readonly events: readonly SimulationEvent[];
  readonly groups: readonly SimulationGroup[];
  /** Tasks that no node took at the end, with why. */
  readonly waiting: readonly { readonly task: string; readonly reasons: readonly string[] }[];
}

/** A failure that is not written as it should be. */
export interface FailureMistake {
  readonly given: string;
  /** What was expected, for people. */
  readonly message: string;
}

export type SimulationAnswer =
  | { readonly ok: true; readonly report: SimulationReport }
  | { readonly ok: false; readonly mistakes: readonly FailureMistake[] };
