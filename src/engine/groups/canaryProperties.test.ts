import { expect, test } from "bun:test";
import fc from "fast-check";
import { UPDATE_DEFAULT } from "../../model/groupDefaults.ts";
import type { StartOrder } from "../../model/order.ts";
import { aMember } from "../../placement/testGroup.ts";
import { GroupFleet, groupJob } from "./testGroups.ts";

const COUNT = 3;
const MINUTE_MS = 60_000;

/** What may happen to a service with canaries, in any order. */
const anyStep = fc.oneof(
  fc.record({ do: fc.constant("change" as const), memory: fc.integer({ min: 60, max: 70 }) }),
  fc.record({
    do: fc.constantFrom("healthy" as const, "fails" as const, "stop" as const),
    which: fc.nat(9),
  }),
  fc.record({ do: fc.constantFrom("promote" as const, "wait" as const) }),
);
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

class TriedService {
  readonly fleet = new GroupFleet();
  readonly #canary: number;
  readonly #autoPromote: boolean;
  #orders: StartOrder[] = [];

  constructor(canary: number, autoPromote: boolean) {
    this.#canary = canary;
    this.#autoPromote = autoPromote;
    this.#change(50);
  }

  #change(memoryMb: number): void {
    const resources = { cpuMhz: 100, cores: 0, memoryMb, memoryMaxMb: 0 };
    const update = { ...UPDATE_DEFAULT, canary: this.#canary, autoPromote: this.#autoPromote };
    const members = [aMember({ resources })];
    this.fleet.register(groupJob({ count: COUNT, update, members }));
  }

  /** Orders whose execution has not been told to stop. */
  #running(): StartOrder[] {
    this.#orders.push(...this.fleet.starts());
    this.#orders = this.#orders.filter(({ execution }) => {
      const live = this.fleet.engine.executions.get(execution);
      return live !== undefined && live.execution.stopReason === null;
    });
    return this.#orders;
  }

  /** Executions of which it asks for an end. */
  take(step: Step): readonly number[] {
    switch (step.do) {
      case "change":
        this.#change(step.memory);
        return [];
      case "promote":
        this.fleet.send({ kind: "promoteJob", job: "example", groups: null });
        return [];
      case "wait":
        this.fleet.pass(MINUTE_MS);
        return [];
      case "healthy":
      case "fails":
      case "stop": {
        const running = this.#running();
        const order = running[step.which % Math.max(1, running.length)];
        if (order === undefined) return [];
        if (step.do === "healthy") this.fleet.healthy(order);
        else if (step.do === "fails") this.fleet.fails(order);
        else this.fleet.send({ kind: "stopExecution", execution: order.execution });
        return step.do === "healthy" ? [] : [order.execution];
      }
    }
  }

  /** What was told to stop has stopped. */
  settle(): void {
    this.fleet.stops();
  }

  /** The deployment whose canaries wait for their promotion; null: there is none. */
  get tried() {
    const { deployment } = this.fleet.engine.jobs.get(1)?.record.groups ?? {};
    const group = deployment?.groups["cache"];
    if (deployment?.status !== "running" || group === undefined) return null;
    return group.canaries > 0 && !group.promoted ? { id: deployment.id, ...group } : null;
  }

  /** Executions that run and are not told to stop. */
  running(isCanary: boolean) {
    return [...this.fleet.engine.executions.values()]
      .map(({ execution }) => execution)
      .filter(({ stopReason, allocation }) => {
        return stopReason === null && allocation?.canary === isCanary;
      });
  }

  /** Tasks of the group that wait for a node or their time. */
  get waiting(): number {
    return this.fleet.engine.jobs.get(1)?.counts.active ?? 0;
  }
}

const anyService = [
  fc.integer({ min: 1, max: COUNT + 1 }),
  fc.boolean(),
  fc.array(anyStep, { maxLength: 40 }),
] as const;

test("there are never more canaries than declared, and none without a version that waits", () => {
  let seen = 0;
  fc.assert(
    fc.property(...anyService, (canary, autoPromote, steps) => {
      const service = new TriedService(canary, autoPromote);
      for (const step of steps) {
        service.take(step);
        service.settle();
        const canaries = service.running(true);
        expect(canaries.length).toBeLessThanOrEqual(service.tried?.canaries ?? 0);
        seen = Math.max(seen, canaries.length);
      }
    }),
  );
  expect(seen).toBeGreaterThan(1);
});

test("until the promotion each place runs what it ran, or waits for that", () => {
  let seen = 0;
  fc.assert(
    fc.property(...anyService, (canary, autoPromote, steps) => {
      const service = new TriedService(canary, autoPromote);
      for (const step of steps) {
        const [before, old] = [service.tried, service.running(false)];
        const ended = service.take(step);
        service.settle();
        const { tried } = service;
        if (tried === null || tried.id !== before?.id) continue;
        seen += 1;
        const now = service.running(false);
        const kept = old.filter(({ number }) => !ended.includes(number));
        expect(now.map(({ number }) => number)).toEqual(
          expect.arrayContaining(kept.map(({ number }) => number)),
        );
        for (const { allocation } of now)
          expect(allocation?.version).toBe(tried.keepsVersion ?? -1);
        // Lone canaries that wait are among the tasks that wait.
        expect(now.length + service.waiting).toBeGreaterThanOrEqual(COUNT);
      }
    }),
  );
  expect(seen).toBeGreaterThan(10);
});
