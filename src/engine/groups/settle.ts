import type { Engine, Job } from "../state.ts";
import { settleCanaries } from "./canaries.ts";
import { settleMigration } from "./drain.ts";
import { groupExecutionEnded } from "./groupEnd.ts";
import { isSystemType } from "./jobGroups.ts";
import { settleRollout } from "./rollout.ts";
import { settleSystemJobs, wantOnNodes } from "./system.ts";
import { settleWanted } from "./wanted.ts";

/** Takes the next step of jobs of groups that something happened to. */
export function settleGroups(engine: Engine): void {
  for (const { live, end } of engine.endedInGroups.splice(0))
    groupExecutionEnded(engine, live, end);
  for (const number of engine.unsettledNodes) {
    engine.unsettledNodes.delete(number);
    const node = engine.nodes.get(number);
    if (node !== undefined) settleSystemJobs(engine, node);
  }
  for (const number of engine.unsettledJobs) {
    engine.unsettledJobs.delete(number);
    const job = engine.jobs.get(number);
    if (job?.groups !== null && job !== undefined) settleAll(engine, job);
  }
  for (const number of engine.movingJobs) {
    engine.movingJobs.delete(number);
    const job = engine.jobs.get(number);
    if (job?.groups !== null && job !== undefined) settleMoves(engine, job);
  }
}

function settleAll(engine: Engine, job: Job): void {
  settleWanted(engine, job);
  if (isSystemType(job)) wantOnNodes(engine, job);
  else settleCanaries(engine, job);
  settleMoves(engine, job);
  engine.touchedJobs.add(job.record.number);
}

function settleMoves(engine: Engine, job: Job): void {
  settleMigration(engine, job);
  settleRollout(engine, job);
}
