import type { TaskNumber } from "../../model/id.ts";
import { type Engine, type Job, touchJob } from "../state.ts";
import { setTaskState } from "../taskState.ts";
import { letGo } from "./held.ts";
import { makeReady, watchStart } from "./startRun.ts";

/**
 * The next targets may begin, in the order of the run, which is that of their node ids; returns how many, at most `count`.
 * The time in which their nodes have to take the script counts from now.
 */
export function releaseTargets(engine: Engine, job: Job, count: number): number {
  if (job.run === null || job.record.state !== "active") return 0;
  const next = [...job.run.held.values()].sort(byNumber).slice(0, count);
  for (const task of next) {
    letGo(engine, job, task);
    setTaskState(engine, task, "active");
    makeReady(engine, job, task);
  }
  watchStart(engine, job);
  touchJob(engine, job);
  return next.length;
}

function byNumber(
  left: { readonly number: TaskNumber },
  right: { readonly number: TaskNumber },
): number {
  return left.number - right.number;
}
