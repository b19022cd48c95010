import type { Effect } from "../engine/effect.ts";
import { Machine } from "./machine.ts";
import type { World } from "./world.ts";

const CREATE_MAX_MS = 20_000;
const REMOVE_MAX_MS = 5_000;

/** Makes and removes machines; calls are looked up by guid, so they may be repeated. Its answers reach only the server that asked. */
export class Provider {
  readonly #world: World;
  readonly #machines = new Map<string, Machine>();
  /** Guids of machines that were removed, so that a late creation does not bring one back. */
  readonly #removed = new Set<string>();
  readonly #creating = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  provide(effect: Extract<Effect, { effect: "provideNode" }>): void {
    const { guid, nodeId, poolId, slots, node } = effect;
    const { agenda, random, faults, isFaulty, server } = this.#world;
    if (this.#machines.has(guid) || this.#creating.has(guid)) return;
    if (isFaulty && random.chance(faults.providerFail)) {
      server.later(random.between(0, CREATE_MAX_MS), () => {
        if (this.#machines.has(guid)) return;
        server.tell({ kind: "nodeFailed", node, message: "No machine could be had." });
      });
      return;
    }
    this.#creating.add(guid);
    agenda.after(random.between(0, CREATE_MAX_MS), () => {
      this.#creating.delete(guid);
      if (this.#removed.has(guid) || this.#machines.has(guid)) return;
      const spec = { name: nodeId, guid, poolId, isProvided: true, slots };
      const machine = new Machine(this.#world, spec);
      this.#machines.set(guid, machine);
      this.#world.machines.push(machine);
    });
  }

  remove(node: number, guid: string): void {
    const { agenda, random, server } = this.#world;
    const delayMs = random.between(0, REMOVE_MAX_MS);
    agenda.after(delayMs, () => {
      this.#removed.add(guid);
      this.#machines.get(guid)?.destroy();
    });
    server.later(delayMs + 1, () => server.tell({ kind: "nodeRemoved", node }));
  }

  reboot(guid: string): void {
    this.#world.agenda.after(this.#world.random.between(0, 1_000), () => {
      this.#machines.get(guid)?.reboot();
    });
  }
}
