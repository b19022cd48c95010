import { apply, type Loaded } from "../engine/apply.ts";
import type { Input, Reply } from "../engine/input.ts";
import { moveOn } from "../engine/moveOn.ts";
import { hasChanges, takeOutcome } from "../engine/record.ts";
import type { Engine, Outcome } from "../engine/state.ts";
import { beginStep, fireTimers, placeSome } from "../engine/step.ts";
import { applyFleet } from "../fleet/apply.ts";
import type { Actor, FleetRequest } from "../fleet/input.ts";
import { fireSchedules, nextScheduledAt } from "../fleet/instances/due.ts";
import { runEnded } from "../fleet/instances/ended.ts";
import { endPauses, nextPauseEndAt, targetEnded } from "../fleet/instances/rolling.ts";
import type { FleetReply } from "../fleet/reply.ts";
import { takeFleetChanges } from "../fleet/restore.ts";
import type { Fleet } from "../fleet/state.ts";
import type { InstanceRecord } from "../model/fleet/instance.ts";
import { FleetWorld } from "./fleetWorld.ts";

/** A request of fleet operations; `actor` null: nobody is logged in. */
export interface FleetAsk {
  readonly kind: "fleet";
  readonly request: FleetRequest;
  readonly actor: Actor | null;
}

export type MachineInput = Input | FleetAsk;

/** What was read from the store for an input. */
export interface MachineLoaded extends Loaded {
  /** The instance that a fleet request names, if it has ended. */
  readonly instance: InstanceRecord | null;
}

/**
 * The two machines that the loop drives in one step and one transaction (DESIGN 2): what ends in the engine is an input of
 * fleet operations, and what these decide is done by the engine, before anything else happens.
 */
export class ServerMachine {
  readonly engine: Engine;
  readonly fleet: Fleet;
  readonly world: FleetWorld;

  constructor(engine: Engine, fleet: Fleet) {
    this.engine = engine;
    this.fleet = fleet;
    this.world = new FleetWorld(engine);
    fleet.now = engine.now;
  }

  begin(wallClock: number): void {
    beginStep(this.engine, wallClock);
    this.fleet.now = this.engine.now;
  }

  apply(input: MachineInput, loaded: MachineLoaded): Reply {
    const reply =
      input.kind === "fleet" ? this.#ask(input, loaded) : apply(this.engine, input, loaded);
    this.#moveOn();
    return reply;
  }

  /** What came due, and placements. */
  end(): void {
    const dueAt = nextScheduledAt(this.fleet);
    if (dueAt !== null && dueAt <= this.fleet.now) {
      fireSchedules(this.fleet, this.world);
      this.#moveOn();
    }
    fireTimers(this.engine);
    // Before anything is placed: a target that a timer has failed may be the one with which no further node starts.
    this.#moveOn();
    endPauses(this.fleet, this.world);
    this.#moveOn();
    placeSome(this.engine);
    this.#moveOn();
  }

  /** When something comes due next; null: nothing is waited for. */
  nextDueAt(): number | null {
    const { engine, fleet } = this;
    const times = [engine.timers.nextDueAt(), nextScheduledAt(fleet), nextPauseEndAt(fleet)];
    const known = times.filter((time) => time !== null);
    return known.length === 0 ? null : Math.min(...known);
  }

  /** What the step left, for the commit. */
  take(): Pick<Outcome, "changes" | "effects"> & { readonly isChange: boolean } {
    this.engine.outcome.changes.fleet = takeFleetChanges(this.fleet);
    const isChange = hasChanges(this.engine);
    return { ...takeOutcome(this.engine), isChange };
  }

  #ask({ request, actor }: FleetAsk, { instance, tasks }: MachineLoaded): FleetReply {
    this.world.loaded = tasks;
    return applyFleet(this.fleet, this.world, request, actor, instance);
  }

  #moveOn(): void {
    moveOn(this.engine);
    const { endedTargets, endedRuns } = this.engine;
    while (endedTargets.length + endedRuns.size > 0) {
      for (const { job, ...end } of endedTargets.splice(0)) {
        targetEnded(this.fleet, this.world, job, end);
      }
      for (const number of endedRuns) {
        endedRuns.delete(number);
        const job = this.engine.jobs.get(number);
        if (job !== undefined) runEnded(this.fleet, this.world, number, job.counts);
      }
      moveOn(this.engine);
    }
  }
}
