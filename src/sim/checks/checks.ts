import type { ProcessExit } from "../../agent/core/contract.ts";
import type { Effect } from "../../engine/effect.ts";
import type { Reply } from "../../engine/input.ts";
import type { Engine } from "../../engine/state.ts";
import type { MachineInput } from "../../machine/machine.ts";
import type { Changes } from "../../model/changes.ts";
import { foldId } from "../../model/id.ts";
import type { HeldExecution, StartOrder } from "../../model/order.ts";
import type { Machine } from "../machine.ts";
import type { SimProcess } from "../processes.ts";
import type { World } from "../world.ts";
import { checkEffect } from "./effectChecks.ts";
import { checkEngine } from "./engineChecks.ts";
import { EventChecks } from "./eventChecks.ts";
import { checkExplanations } from "./explainChecks.ts";
import { FleetChecks, fleetUnsettled } from "./fleetChecks.ts";
import { type Ledger, newLedger } from "./ledger.ts";
import { checkSettled, unsettled } from "./livenessChecks.ts";
import { ProcessChecks } from "./processChecks.ts";
import { checkRestore } from "./restoreCheck.ts";
import { StoreChecks } from "./storeChecks.ts";
import { TimeChecks } from "./timeChecks.ts";
import { demand } from "./violation.ts";

const RESTORE_CHECK_CHANCE = 0.02;
/** Steps between looks at every queued task. */
const THOROUGH_EVERY = 32;
/** Of a larger fleet all nodes are looked at as often as all queued tasks. */
const NODES_EVERY_STEP_MAX = 100;

/** Everything that must always hold (DESIGN 5), looked at whenever it could break. */
export class Checks {
  readonly #world: World;
  #steps = 0;
  readonly ledger: Ledger = newLedger();
  readonly #processes: ProcessChecks;
  readonly #store: StoreChecks;
  readonly #events: EventChecks;
  readonly #time: TimeChecks;
  readonly #fleet: FleetChecks;

  constructor(world: World) {
    this.#world = world;
    this.#processes = new ProcessChecks(world, this.ledger);
    this.#store = new StoreChecks(world, this.ledger);
    this.#events = new EventChecks(world);
    this.#time = new TimeChecks(world);
    this.#fleet = new FleetChecks(world);
  }

  asked(input: MachineInput): void {
    const { deletions, reactivations } = this.ledger;
    if (input.kind === "deleteJob") deletions.add(foldId(input.job));
    if (input.kind === "deleteTask") deletions.add(foldId(`${input.job}/${input.task}`));
    if (input.kind === "reactivateTask") reactivations.add(foldId(`${input.job}/${input.task}`));
  }

  answered(input: MachineInput, reply: Reply | null): void {
    if (reply !== null) {
      const what = input.kind === "fleet" ? input.request.request : input.kind;
      this.#world.trace(`${what}: ${reply.ok ? "ok" : reply.error.code}`);
    }
    if (reply?.ok !== true) return;
    if (input.kind === "addTasks") this.#store.accepted(input.job, reply.tasks ?? []);
    if (input.kind === "createJobWithTasks") {
      this.#store.accepted(input.spec.id, reply.tasks ?? []);
    }
  }

  stepped(engine: Engine): void {
    this.#steps += 1;
    this.#time.stepped(engine);
    const isThorough = this.#steps % THOROUGH_EVERY === 0;
    if (isThorough || engine.nodes.size <= NODES_EVERY_STEP_MAX) checkEngine(engine, isThorough);
    if (!isThorough) return;
    checkExplanations(engine);
    this.#processes.running();
  }

  restored(engine: Engine): void {
    this.#world.trace("server: restored");
    this.#time.restored(engine);
    checkEngine(engine, true);
  }

  committing(changes: Changes): void {
    this.#store.committing(changes);
  }

  committed(changes: Changes): void {
    this.#store.committed(changes);
    this.#events.committed(changes);
    this.#fleet.committed(changes);
    if (changes.events.length > 0) {
      this.#world.trace(changes.events.map((event) => event.type).join(" "));
    }
    const { core } = this.#world.server;
    if (core?.isQuiet === true && this.#world.random.chance(RESTORE_CHECK_CHANCE)) {
      checkRestore(core.machine, this.#world.disk);
    }
  }

  effectReleased(effect: Effect): void {
    checkEffect(this.#world, this.ledger, effect);
  }

  processStarted(machine: Machine, process: SimProcess): void {
    this.#world.trace(`${machine.name}: process of ${process.order.execution} starts`);
    this.#processes.started(machine, process);
    this.#fleet.started(machine, process);
  }

  processEnded(machine: Machine, process: SimProcess, outcome: ProcessExit["outcome"]): void {
    this.#world.trace(`${machine.name}: process of ${process.order.execution} ${outcome.state}`);
    this.#processes.ended(machine, process, outcome);
  }

  directoryPrepared(machine: Machine, order: StartOrder): void {
    this.#processes.directoryPrepared(machine, order);
  }

  directoryRemoved(machine: Machine, jobId: string, taskId: string | null): void {
    this.#processes.directoryRemoved(machine, jobId, taskId);
  }

  helloSent(machine: Machine, held: readonly HeldExecution[]): void {
    this.#processes.helloSent(machine, held);
  }

  /** Killed, or gone with the power. */
  shimDied(machine: Machine): void {
    this.ledger.shimDeaths.set(machine.guid, this.#world.agenda.now);
  }

  journalLost(machine: Machine): void {
    this.#world.trace(`${machine.name}: journal lost`);
    this.#processes.journalLost(machine);
  }

  /** What is still under way after the faults; null: nothing. */
  unsettled(): string | null {
    const { core } = this.#world.server;
    return unsettled(this.#world) ?? (core === null ? null : fleetUnsettled(core.machine.fleet));
  }

  settled(): void {
    const { core } = this.#world.server;
    demand(core !== null, "liveness", () => "the server is down at the end");
    if (core === null) return;
    checkEngine(core.engine, true);
    checkRestore(core.machine, this.#world.disk);
    checkSettled(this.#world, core.engine);
  }
}
