import { apply, type Loaded } from "./apply.ts";
import { checkContact, forgiveSilence } from "./contact.ts";
import { settleDrain } from "./groups/drain.ts";
import { groupJobDue, groupTaskDue } from "./groups/requests.ts";
import type { Input, Reply } from "./input.ts";
import { releaseDeadline } from "./jobEnding.ts";
import { wallClockExpired } from "./jobs.ts";
import { moveOn } from "./moveOn.ts";
import { nodeMovesOn } from "./nodeOrders.ts";
import { place } from "./place.ts";
import { checkReboot } from "./reboot.ts";
import { resizeTimedOut } from "./resize.ts";
import { runStartDue } from "./runs/startRun.ts";
import type { Engine } from "./state.ts";
import type { Timer } from "./timers.ts";

/** Placements of one step at most: longer steps make everybody else wait. */
export const PLACEMENTS_PER_STEP = 1_000;

/** Begins a step: engine time is max(previous, wall clock), and a gap gives every node its full grace. */
export function beginStep(engine: Engine, wallClock: number): void {
  const now = Math.max(engine.now, wallClock);
  forgiveSilence(engine, now, engine.now);
  engine.now = now;
}

/**
 * One step of the machine: the inputs in their order, what came due, and placements. Outcome and copies are taken by
 * the caller (takeOutcome).
 */
export function step(
  engine: Engine,
  wallClock: number,
  inputs: readonly { readonly input: Input; readonly loaded: Loaded }[],
): Reply[] {
  beginStep(engine, wallClock);
  const replies = inputs.map(({ input, loaded }) => {
    const reply = apply(engine, input, loaded);
    moveOn(engine);
    return reply;
  });
  endStep(engine);
  return replies;
}

/** Timers and placements. */
export function endStep(engine: Engine): void {
  fireTimers(engine);
  placeSome(engine);
}

/** Everything that came due. */
export function fireTimers(engine: Engine): void {
  for (;;) {
    const timer = engine.timers.takeDue(engine.now);
    if (timer === null) break;
    fire(engine, timer);
    moveOn(engine);
  }
}

/** The last thing that a step does. */
export function placeSome(engine: Engine): void {
  place(engine, PLACEMENTS_PER_STEP);
}

/** Whether another step would do something without a new input. */
export function wantsStep(engine: Engine): boolean {
  return engine.dirtyPools.size > 0 || engine.runNodes.size > 0 || engine.hungryJobs.size > 0;
}

function fire(engine: Engine, timer: Timer): void {
  switch (timer.timer) {
    case "jobWallClock": {
      const job = engine.jobs.get(timer.job);
      if (job !== undefined) wallClockExpired(engine, job);
      return;
    }
    case "releaseDeadline": {
      const job = engine.jobs.get(timer.job);
      if (job !== undefined) releaseDeadline(engine, job);
      return;
    }
    case "runStart": {
      const job = engine.jobs.get(timer.job);
      if (job !== undefined) runStartDue(engine, job);
      return;
    }
    case "resize": {
      const pool = engine.pools.get(timer.pool);
      if (pool !== undefined) resizeTimedOut(engine, pool, timer.startedAt);
      return;
    }
    case "contact": {
      const node = engine.nodes.get(timer.node);
      if (node !== undefined) checkContact(engine, node);
      return;
    }
    case "retainedData": {
      const node = engine.nodes.get(timer.node);
      if (node !== undefined) nodeMovesOn(engine, node);
      return;
    }
    case "groupTask":
      groupTaskDue(engine, timer.task);
      return;
    case "groupJob": {
      const job = engine.jobs.get(timer.job);
      if (job !== undefined) groupJobDue(engine, job);
      return;
    }
    case "drain": {
      const node = engine.nodes.get(timer.node);
      if (node !== undefined) settleDrain(engine, node);
      return;
    }
    case "reboot": {
      const node = engine.nodes.get(timer.node);
      if (node !== undefined) checkReboot(engine, node);
      return;
    }
  }
}
