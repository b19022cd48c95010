import { expect, test } from "bun:test";
import fc from "fast-check";
import { batchSize, type NodeAmount, type RollingPolicy } from "../model/fleet/rolling.ts";
import { TestRollingRun } from "../sim/testRolling.ts";

const MINUTE_MS = 60_000;

const amount: fc.Arbitrary<NodeAmount> = fc.oneof(
  fc.record({ unit: fc.constant("nodes" as const), size: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ unit: fc.constant("percent" as const), size: fc.integer({ min: 1, max: 100 }) }),
);

const policies: fc.Arbitrary<RollingPolicy> = fc.record({
  batch: amount,
  canary: fc.option(amount),
  pauseMs: fc.constantFrom(0, MINUTE_MS, null),
  stopAfterFailures: fc.record({ perBatch: fc.option(amount), inTotal: fc.option(amount) }),
});

/** What happens next; numbers pick a node of those that it can happen to. */
const events = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        what: fc.constant("ends" as const),
        pick: fc.nat(),
        exitCode: fc.constantFrom(0, 0, 1),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        what: fc.constantFrom("disconnect", "connect", "disable", "enable", "rerun", "stopNode"),
        pick: fc.nat(),
      }),
    },
    { weight: 2, arbitrary: fc.record({ what: fc.constantFrom("pass", "restart", "resume") }) },
  ),
  { maxLength: 60 },
);

type Happening = {
  readonly what: string;
  readonly pick?: number;
  readonly exitCode?: number;
};

class Play {
  readonly run: TestRollingRun;
  readonly names: readonly string[];
  readonly #most: number;

  constructor(nodeCount: number, policy: RollingPolicy) {
    this.run = new TestRollingRun(nodeCount, policy, { startWithinMs: 5 * MINUTE_MS });
    this.names = [...this.run.core.engine.nodesByGuid.keys()];
    const sizes = [policy.batch, policy.canary ?? policy.batch];
    this.#most = Math.max(...sizes.map((size) => batchSize(size, nodeCount)));
  }

  happen({ what, pick = 0, exitCode = 0 }: Happening): void {
    const { run } = this;
    const name = this.names[pick % this.names.length] ?? "";
    const wasStopped = this.#isStopped();
    const before = run.ordered.size;
    switch (what) {
      case "ends": {
        const open = [...run.open.keys()];
        const node = open[pick % Math.max(1, open.length)];
        if (node !== undefined) this.#end(node, exitCode);
        break;
      }
      case "disconnect":
        run.disconnect(name);
        break;
      case "connect":
        run.connect(name);
        break;
      case "disable":
      case "enable":
        run.must("owner", { request: "editNode", node: `host.${name}`, status: what });
        break;
      case "rerun":
        run.rerun(name);
        break;
      case "stopNode":
        run.as("owner", { request: "stopInstance", instance: 1, node: `host.${name}`, reason: "" });
        break;
      case "pass":
        run.pass(MINUTE_MS);
        break;
      case "restart":
        run.restart();
        for (const each of this.names) run.connect(each);
        break;
      case "resume":
        run.resume();
        break;
    }
    run.take();
    const started = run.ordered.size - before;
    const asked = what === "resume" || what === "rerun";
    if ((wasStopped || this.#isStopped()) && !asked) expect([what, started]).toEqual([what, 0]);
    this.check();
  }

  #end(node: string, exitCode: number): void {
    const order = this.run.open.get(node);
    // Away, it tells its end later.
    const number = this.run.core.engine.nodesById.get(node) ?? 0;
    if (this.run.core.engine.nodes.get(number)?.record.contact !== "connected") return;
    this.run.open.delete(node);
    if (order !== undefined) this.run.end(order, exitCode);
  }

  #isStopped(): boolean {
    const instance = this.run.instance(1);
    return instance?.endedAt === null && instance.rolling?.state.state === "stopped";
  }

  /** What always holds. */
  check(): void {
    const { run } = this;
    const tasks = run.targets();
    const live = tasks.filter(({ progress }) => progress.state !== "completed");
    const held = live.filter(({ progress }) => progress.held);
    expect(tasks.filter(({ progress }) => progress.held)).toHaveLength(held.length);
    expect(live.length - held.length).toBeLessThanOrEqual(this.#most);
    const { rolling, endedAt } = run.instance(1) ?? {};
    expect([rolling?.openNodes, rolling?.heldNodes]).toEqual([
      live.length - held.length,
      held.length,
    ]);
    expect(endedAt === null).toBe(live.length > 0);
    // Something always moves it on: a node that runs, a pause that ends, or a person who is told to.
    const waitsFor = rolling?.state.state ?? "";
    if (live.length === held.length && held.length > 0) expect(waitsFor).not.toBe("running");
  }

  /** Lets everything come to its end, as people would. */
  finish(): void {
    for (let turn = 0; turn < 200 && this.run.instance(1)?.endedAt === null; turn += 1) {
      const { state } = this.run.rolling.state;
      if (state !== "running") this.happen({ what: "resume" });
      else if (this.run.open.size > 0) {
        for (const node of [...this.run.open.keys()]) {
          this.run.connect(node.replace("host.", ""));
          this.happen({ what: "ends" });
        }
      } else this.happen({ what: "pass" });
      this.happen({ what: "pass" });
    }
  }
}

test("whatever happens: no batch is too large, nothing starts after a stop, nothing runs twice, and all of it ends", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      policies,
      events,
      (nodeCount, policy, happenings) => {
        const play = new Play(nodeCount, policy);
        play.check();
        for (const happening of happenings) play.happen(happening);
        play.finish();
        const { endedAt, result } = play.run.instance(1) ?? {};
        expect(endedAt).not.toBeNull();
        const results = play.run.targets().map(({ progress }) => progress.outcome?.result);
        expect(results).toHaveLength(nodeCount);
        expect(results.every((each) => each === "success")).toBe(result === "success");
        for (const each of results) expect(each).toBeOneOf(["success", "failure"]);
      },
    ),
    { numRuns: 150 },
  );
}, 60_000);
