import { settleGroups } from "./groups/settle.ts";
import { jobMovesOn } from "./jobEnding.ts";
import { nodeMovesOn } from "./nodeOrders.ts";
import { checkResize } from "./resize.ts";
import type { Engine } from "./state.ts";

/**
 * Takes the next step of every job, node and pool that something happened to, until nothing moves any more. Called after each
 * input and timer, so that no function has to call back into the one that called it.
 */
export function moveOn(engine: Engine): void {
  while (isMoving(engine)) {
    settleGroups(engine);
    for (const number of engine.touchedNodes) {
      engine.touchedNodes.delete(number);
      const node = engine.nodes.get(number);
      if (node !== undefined) nodeMovesOn(engine, node);
    }
    for (const number of engine.touchedPools) {
      engine.touchedPools.delete(number);
      const pool = engine.pools.get(number);
      if (pool !== undefined) checkResize(engine, pool);
    }
    for (const number of engine.touchedJobs) {
      engine.touchedJobs.delete(number);
      const job = engine.jobs.get(number);
      if (job !== undefined) jobMovesOn(engine, job);
    }
  }
}

function isMoving(engine: Engine): boolean {
  const { touchedNodes, touchedPools, touchedJobs } = engine;
  const { unsettledNodes, unsettledJobs, movingJobs } = engine;
  return (
    touchedNodes.size + touchedPools.size + touchedJobs.size > 0 ||
    engine.endedInGroups.length > 0 ||
    unsettledNodes.size + unsettledJobs.size + movingJobs.size > 0
  );
}
