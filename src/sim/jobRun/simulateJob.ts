import type { SimulationAnswer, SimulationWish } from "../../model/simulation.ts";
import { type Failure, readFailures } from "./failures.ts";
import { type FailurePlan, JobRun } from "./run.ts";

/** Runs the job on simulated time. The same wish gives the same report, to the last event. */
export function simulateJob(wish: SimulationWish): SimulationAnswer {
  const { failures, mistakes } = readFailures(wish.failures);
  if (mistakes.length > 0) return { ok: false, mistakes };
  return { ok: true, report: new JobRun(wish, planOf(failures)).play() };
}

function planOf(failures: readonly Failure[]): FailurePlan {
  let goesWell = 1;
  for (const failure of failures) if (failure.kind === "start") goesWell *= 1 - failure.chance;
  return {
    processes: failures.filter((failure) => failure.kind === "process"),
    checks: failures.filter((failure) => failure.kind === "check"),
    machines: failures.filter(
      ({ kind }) => kind !== "process" && kind !== "check" && kind !== "start",
    ) as FailurePlan["machines"],
    startChance: 1 - goesWell,
  };
}
