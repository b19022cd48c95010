import type { NodeNumber } from "../model/id.ts";
import type { Candidate } from "./candidate.ts";
import type { JobUsage } from "./jobUsage.ts";
import type { PlacementPlan } from "./plan.ts";
import type { FitAlgorithm } from "./scores.ts";

/** One more execution of a group, to be placed. */
export interface PlacementRequest {
  readonly plan: PlacementPlan;
  /** Within the group, from 0: volumes may differ by it. */
  readonly index: number;
  /** Where the job's live executions are; without those that the new one replaces. */
  readonly usage: JobUsage;
  /** Nodes where it failed before: see penaltyNodes. */
  readonly penaltyNodes: ReadonlySet<NodeNumber>;
  readonly algorithm: FitAlgorithm;
  /** Taken before all others if there is room: where a sticky disk lies. */
  readonly preferred?: readonly Candidate[];
}
