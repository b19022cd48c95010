import { jobMovesOn } from "./jobEnding.ts";
import { nodeMovesOn } from "./nodeOrders.ts";
import { checkResize } from "./resize.ts";
import type { Engine } from "./state.ts";

/**
 * Takes the next step of every job, node and pool that something happened to, until nothing moves any more. Called after each
 * input and timer, so that no function has to call back into the one that called it.
 */
export function moveOn(engine: Engine): void {
  while (engine.touchedNodes.size + engine.touchedPools.size + engine.touchedJobs.size > 0) {
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
