import type { JobSpec } from "../../model/job.ts";
import type { RequestError } from "../../model/requestError.ts";
import type { Engine } from "../state.ts";
import { firstLaunchAt } from "./launchPlan.ts";
import { type PlannedGroup, planJob, planNote } from "./plan.ts";
import { refusedSpec } from "./register.ts";

/** What registering a job of groups would do now. */
export interface JobPlan {
  /** Why it would be refused; null: it would not. */
  readonly refused: RequestError | null;
  readonly groups: readonly PlannedGroup[];
  /** What to know when it is what is there already; null: it is not. */
  readonly note: string | null;
  /** When it would launch its next child; null: it launches none. */
  readonly nextLaunchAt: number | null;
}

export function planSpec(engine: Engine, spec: JobSpec): JobPlan {
  return {
    refused: refusedSpec(engine, spec)?.error ?? null,
    groups: planJob(engine, spec),
    note: planNote(engine, spec),
    nextLaunchAt: firstLaunchAt(spec, engine.now),
  };
}
