import type { ExecutionRecord } from "../../model/execution.ts";
import type { NodeNumber, TaskNumber } from "../../model/id.ts";
import { PAGE_SIZE_MAX } from "../../model/limits.ts";
import type { ServerContext } from "./context.ts";

export type StreamName = "stdout" | "stderr";

/** Whether an execution is not over yet. */
export function isLive(execution: ExecutionRecord): boolean {
  return execution.state !== "ended" && execution.state !== "lost";
}

/** Whether `next` was a retry in the directory of `previous`: then both wrote into the same file. */
export function continues(previous: ExecutionRecord, next: ExecutionRecord): boolean {
  const outcome = previous.result?.outcome;
  const wasRetried = outcome?.state === "exited" && outcome.exitCode !== 0;
  return (
    next.ordinal === previous.ordinal + 1 &&
    next.nodes[0] === previous.nodes[0] &&
    previous.state === "ended" &&
    previous.stopReason === null &&
    wasRetried
  );
}

/** Executions that wrote into one file, in order, up to the last. */
export type Run = readonly ExecutionRecord[];

/** The runs of a task on one node, the last one last; those whose file was emptied by a later one are in it too. */
export async function runsOn(
  context: ServerContext,
  task: TaskNumber,
  node: NodeNumber,
): Promise<Run[]> {
  const page = { limit: PAGE_SIZE_MAX, cursor: null, order: "descending" } as const;
  const { items } = await context.store.listExecutions({ task, node }, page);
  const runs: ExecutionRecord[][] = [];
  for (const execution of items.toReversed()) {
    const run = runs.at(-1);
    const previous = run?.at(-1);
    if (run !== undefined && previous !== undefined && continues(previous, execution)) {
      run.push(execution);
    } else {
      runs.push([execution]);
    }
  }
  return runs;
}

/** Where an execution's share of its run's file begins. */
export function shareOffset(run: Run, execution: ExecutionRecord, stream: StreamName): number {
  return run
    .filter((earlier) => earlier.ordinal < execution.ordinal)
    .reduce((sum, earlier) => sum + (earlier.result?.[stream].sizeBytes ?? 0), 0);
}
