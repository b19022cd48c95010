import { expect, test } from "bun:test";
import fc from "fast-check";
import { UPDATE_DEFAULT } from "../../model/groupDefaults.ts";
import { aMember } from "../../placement/testGroup.ts";
import type { LiveTask } from "../state.ts";
import { GroupFleet, groupJob, SERVICE_GROUP } from "./testGroups.ts";

const NODES = ["n1", "n2", "n3", "n4"];
const COUNT = 3;
const MINUTE_MS = 60_000;
const TRIED = "cache";
/** Beside it: a group without canaries in the same deployment. */
const PLAIN = "web";

const anyVersion = fc.record({
  do: fc.constant("change" as const),
  memory: fc.integer({ min: 60, max: 64 }),
  count: fc.oneof({ weight: 3, arbitrary: fc.constant(COUNT) }, fc.integer({ min: 1, max: 4 })),
});

const WELL = { do: "allHealthy" } as const;

/** What may happen to a service with canaries, in any order. */
const anyStep = fc.oneof(
  { weight: 2, arbitrary: anyVersion },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("healthy" as const), which: fc.nat(9) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("fails" as const, "stop" as const),
      which: fc.nat(9),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("drain" as const, "lose" as const),
      node: fc.constantFrom(...NODES),
    }),
  },
  { weight: 5, arbitrary: fc.constant(WELL) },
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      { do: "promote" as const },
      { do: "undrain" as const },
      { do: "wait" as const },
      { do: "longWait" as const },
    ),
  },
);
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

class TriedService {
  readonly fleet = new GroupFleet(NODES);
  readonly #canary: number;
  readonly #autoPromote: boolean;
  readonly #versions = new Map<number, { readonly memory: number; readonly count: number }>();
  /** What the tried group may run but in canaries: the first version, and what was promoted since. */
  readonly approved = new Set<number>();

  constructor(canary: number, autoPromote: boolean) {
    this.#canary = canary;
    this.#autoPromote = autoPromote;
    this.#change(50, COUNT);
    this.approved.add(50);
  }

  #change(memoryMb: number, count: number): void {
    const members = [aMember({ resources: { cpuMhz: 10, cores: 0, memoryMb, memoryMaxMb: 0 } })];
    const update = { ...UPDATE_DEFAULT, canary: this.#canary, autoPromote: this.#autoPromote };
    const groups = [
      { ...SERVICE_GROUP, members, update, name: TRIED, count },
      { ...SERVICE_GROUP, members, name: PLAIN, count: 1 },
    ];
    this.fleet.register(groupJob({}, {}, { groups }));
    this.#versions.set(this.record.version, { memory: memoryMb, count });
  }

  get #job() {
    const job = this.fleet.engine.jobs.get(1);
    if (job === undefined) throw new Error("no job");
    return job;
  }

  get record() {
    const { groups } = this.#job.record;
    if (groups === undefined) throw new Error("no groups");
    return groups;
  }

  memoryOf(version: number): number {
    return this.#versions.get(version)?.memory ?? 0;
  }

  #live(group: string): LiveTask[] {
    return [...this.fleet.engine.executions.values()].filter(({ task, execution }) => {
      return task.spec.place?.group === group && execution.stopReason === null;
    });
  }

  take(step: Step): void {
    const { fleet } = this;
    switch (step.do) {
      case "change":
        this.#change(step.memory, step.count);
        break;
      case "promote":
        fleet.send({ kind: "promoteJob", job: "example", groups: null, user: "alice" });
        break;
      case "wait":
        fleet.pass(MINUTE_MS);
        break;
      case "longWait":
        fleet.pass(31 * MINUTE_MS);
        break;
      case "allHealthy":
        this.#allHealthy();
        break;
      case "healthy":
      case "fails":
      case "stop":
        this.#one(step.do, step.which);
        break;
      case "drain": {
        const drain = { deadlineMs: null, ignoreSystemJobs: false };
        fleet.send({ kind: "drainNode", node: step.node, drain });
        break;
      }
      case "undrain":
        for (const node of NODES) fleet.send({ kind: "stopDrain", node, isEligible: true });
        break;
      case "lose":
        fleet.pass(61_000, [step.node]);
        fleet.connect(step.node, []);
        break;
    }
  }

  /** Whatever comes up is well, as long as one lets another come. */
  #allHealthy(): void {
    const isOpen = ({ execution: { stopReason, allocation } }: LiveTask) =>
      stopReason === null && allocation?.state?.health?.healthy !== true;
    for (;;) {
      const open = [...this.#live(TRIED), ...this.#live(PLAIN)].filter(isOpen);
      for (const live of open) {
        // One before it may have had it stopped.
        if (isOpen(live)) this.fleet.healthy(this.fleet.orderOf(live.execution.number));
      }
      this.settle();
      if (open.length === 0) return;
    }
  }

  #one(what: "healthy" | "fails" | "stop", which: number): void {
    const running = [...this.#live(TRIED), ...this.#live(PLAIN)];
    const live = running[which % Math.max(1, running.length)];
    if (live === undefined) return;
    const order = this.fleet.orderOf(live.execution.number);
    if (what === "healthy") this.fleet.healthy(order);
    else if (what === "fails") this.fleet.fails(order);
    else this.fleet.send({ kind: "stopExecution", execution: order.execution });
  }

  /** What was told to stop has stopped. */
  settle(): void {
    for (;;) {
      const told = [...this.fleet.engine.executions.values()].filter(
        ({ execution }) => execution.stopReason !== null,
      );
      for (const { execution } of told) {
        this.fleet.ends(this.fleet.orderOf(execution.number), 143, "complete");
      }
      if (told.length === 0) break;
    }
    const { deployment, version } = this.record;
    if (deployment?.groups[TRIED]?.promoted === true) this.approved.add(this.memoryOf(version));
  }

  /** The deployment whose canaries wait for their promotion; null: there is none. */
  get tried() {
    const { deployment } = this.record;
    const group = deployment?.groups[TRIED];
    if (deployment?.status !== "running" || group === undefined) return null;
    return group.canaries > 0 && !group.promoted ? { id: deployment.id, ...group } : null;
  }

  /** Executions of the tried group that run and are not told to stop. */
  running(isCanary: boolean): LiveTask[] {
    return this.#live(TRIED).filter(({ execution }) => execution.allocation?.canary === isCanary);
  }

  /** How many of the tried group are none of its canaries, while there are some. */
  get ordinary(): number {
    const { version } = this.record;
    const kept = this.#versions.get(this.tried?.keepsVersion ?? version)?.count ?? 0;
    return Math.min(kept, this.#versions.get(version)?.count ?? 0);
  }

  /** Places of the tried group that run, wait for a node or their time, or have failed for good. */
  places(): number[] {
    const running = this.running(false).map(({ task }) => task);
    const others = [...(this.#job.groups?.tasks.values() ?? [])].filter(
      ({ progress: { state, outcome }, spec }) =>
        spec.place?.group === TRIED && (state === "active" || outcome?.result === "failure"),
    );
    const indexes = [...running, ...others].map(({ spec }) => spec.place?.index ?? -1);
    return indexes.filter((index) => index < this.ordinary).sort();
  }

  get isReady(): boolean {
    const canaries = this.running(true).map(({ execution: { allocation } }) => allocation?.state);
    const healthy = canaries.filter((state) => state?.health?.healthy === true);
    return this.tried !== null && healthy.length === this.tried.canaries;
  }

  /** All that the group is to run is of the present version and healthy. */
  isUp(group: string): boolean {
    const { version, deployment } = this.record;
    const healthy = this.#live(group).filter(({ execution: { allocation } }) => {
      return allocation?.version === version && allocation.state?.health?.healthy === true;
    });
    return healthy.length >= (deployment?.groups[group]?.desired ?? 0);
  }
}

/** One step after the other, each until everything that was told to stop has stopped. */
function run(
  service: TriedService,
  steps: readonly Step[],
  after: (step: Step) => void = () => undefined,
): void {
  for (const step of steps) {
    service.take(step);
    service.settle();
    after(step);
  }
}

const anyService = [
  fc.integer({ min: 1, max: COUNT + 1 }),
  fc.boolean(),
  fc.array(anyStep, { maxLength: 40, size: "max" }),
] as const;

test("there are never more canaries than declared, and none without a version that waits", () => {
  let seen = 0;
  fc.assert(
    fc.property(...anyService, (canary, autoPromote, steps) => {
      const service = new TriedService(canary, autoPromote);
      run(service, steps, () => {
        const canaries = service.running(true);
        expect(canaries.length).toBeLessThanOrEqual(service.tried?.canaries ?? 0);
        seen = Math.max(seen, canaries.length);
      });
    }),
  );
  expect(seen).toBeGreaterThan(1);
});

test("until the promotion each place runs what it ran, or waits for that", () => {
  let seen = 0;
  fc.assert(
    fc.property(...anyService, (canary, autoPromote, steps) => {
      const service = new TriedService(canary, autoPromote);
      let [before, old] = [service.tried, service.running(false)];
      const check = (step: Step) => {
        const { tried } = service;
        if (tried === null || tried.id !== before?.id) return;
        seen += 1;
        expect(service.places()).toEqual(
          Array.from({ length: service.ordinary }, (_, index) => index),
        );
        const now = service.running(false);
        for (const live of now.filter((one) => !old.includes(one))) {
          expect(live.execution.allocation?.version).toBe(tried.keepsVersion ?? -1);
        }
        if (step.do === "drain" || step.do === "lose" || step.do === "stop") return;
        const ended = old.filter((live) => !now.includes(live));
        // What failed by itself was not told to, and a drain may have let go on.
        const why = ended.map(({ execution: { allocation } }) => allocation?.description);
        const others = why.filter((text) => text !== "" && text !== "alloc is being migrated");
        expect(others).toEqual([]);
        expect(why.filter((text) => text === "").length).toBe(step.do === "fails" ? why.length : 0);
      };
      run(service, steps, (step) => {
        check(step);
        [before, old] = [service.tried, service.running(false)];
      });
    }),
  );
  expect(seen).toBeGreaterThan(10);
});

test("nothing runs untried but what ran from the beginning or was promoted", () => {
  let seen = 0;
  fc.assert(
    fc.property(...anyService, (canary, autoPromote, steps) => {
      const service = new TriedService(canary, autoPromote);
      run(service, steps, () => {
        for (const { execution } of service.running(false)) {
          const memory = service.memoryOf(execution.allocation?.version ?? -1);
          expect(service.approved).toContain(memory);
        }
        seen = Math.max(seen, service.approved.size);
      });
    }),
  );
  expect(seen).toBeGreaterThan(2);
});

test("a deadline rests as long as its group is up", () => {
  let seen = 0;
  fc.assert(
    fc.property(...anyService, (canary, autoPromote, steps) => {
      const service = new TriedService(canary, autoPromote);
      run(service, steps, () => {
        const { deployment } = service.record;
        if (deployment?.status !== "running" || !service.isUp(PLAIN)) return;
        seen += 1;
        expect(deployment.groups[PLAIN]?.progressBy).toBe(null);
      });
    }),
  );
  expect(seen).toBeGreaterThan(10);
});

test("what waits for its promotion waits as long as it takes, and for what happens then", () => {
  const [canaries, , steps] = anyService;
  let waited = 0;
  fc.assert(
    fc.property(canaries, steps, anyStep, (canary, before, after) => {
      const service = new TriedService(canary, false);
      const change = { do: "change", memory: 70, count: COUNT } as const;
      run(service, [...before, { do: "undrain" }, change, WELL, WELL]);
      const { deployment } = service.record;
      if (!service.isReady || !service.isUp(PLAIN)) return;
      waited += 1;
      run(service, [{ do: "longWait" }]);
      expect(service.record.deployment).toEqual(deployment);
      run(service, [after]);
      expect(service.record.deployment?.status).not.toBe("failed");
    }),
  );
  expect(waited).toBeGreaterThan(10);
});
