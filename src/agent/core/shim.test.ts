import { expect, test } from "bun:test";
import type { FailureInfo } from "../../model/failure.ts";
import { ShimCore, type ShimPorts, type ShimTimer, type Spawned, type SpawnOf } from "./shim.ts";
import type { ShimRecord } from "./shimRecord.ts";

const EXIT = {
  outcome: { state: "exited", exitCode: 0 },
  endedAt: 2,
  durationMs: 1,
  peakMemoryBytes: null,
  cpuMs: null,
} as const;

const FAILURE: FailureInfo = { category: "usererror", code: "CommandLaunchFailed", message: "no" };

/** A shim whose process, disk and connections the test plays; what it does is kept as a log. */
class TestPorts implements ShimPorts<string, SpawnOf> {
  readonly log: string[] = [];
  readonly timers = new Set<ShimTimer>();
  readonly core: ShimCore<string, SpawnOf>;
  isDiskFull = false;
  failing = new Set<number>();
  slow = new Set<number>();

  constructor() {
    this.core = new ShimCore(this);
  }

  write(records: readonly ShimRecord[]): boolean {
    if (!this.isDiskFull) this.log.push(`write ${textOf(records)}`);
    return !this.isDiskFull;
  }

  greet(agent: string, records: readonly ShimRecord[]): void {
    this.log.push(`greet ${agent}: ${textOf(records)}`);
  }

  tell(agent: string, records: readonly ShimRecord[]): void {
    this.log.push(`tell ${agent}: ${textOf(records)}`);
  }

  spawn({ execution }: SpawnOf): Spawned | FailureInfo | "beginning" {
    this.log.push(`start ${execution}`);
    if (this.failing.has(execution)) return FAILURE;
    return this.slow.has(execution) ? "beginning" : begunAs(execution);
  }

  set(timer: ShimTimer): void {
    if (this.timers.has(timer)) throw new Error(`${timer} is set twice`);
    this.timers.add(timer);
  }

  clear(timer: ShimTimer): void {
    this.timers.delete(timer);
  }

  end(): void {
    this.log.push("end");
  }

  /** The timer comes due, if it is set. */
  due(timer: ShimTimer): void {
    if (this.timers.delete(timer)) this.core.due(timer);
  }

  ask(agent: string, ...executions: number[]): void {
    for (const execution of executions) this.core.onRequest(agent, { do: "spawn", execution });
    this.core.flush();
  }

  /** What happened since the last look. */
  take(): string[] {
    return this.log.splice(0);
  }
}

function begunAs(execution: number): Spawned {
  return { process: { bootId: "boot", pid: execution, startTicks: 1 }, startedAt: 1 };
}

function textOf(records: readonly ShimRecord[]): string {
  return records.map(({ record, execution }) => `${record} ${execution}`).join(", ");
}

function withAgent(name = "a"): TestPorts {
  const shim = new TestPorts();
  shim.core.onAgent(name);
  shim.take();
  return shim;
}

test("a start is written before it is made, and told after it is written", () => {
  const shim = withAgent();
  shim.ask("a", 1);
  shim.due("flush");
  shim.due("tell");
  expect(shim.take()).toEqual([
    "write spawning 1",
    "start 1",
    "write started 1",
    "tell a: started 1",
  ]);
});

test("of several starts one is made in a turn", () => {
  const shim = withAgent();
  shim.ask("a", 1, 2, 3);
  expect(shim.take()).toEqual(["write spawning 1, spawning 2, spawning 3", "start 1"]);
  shim.ask("a", 4);
  expect(shim.take()).toEqual(["write started 1, spawning 4"]);
  shim.due("spawn");
  shim.due("spawn");
  shim.due("spawn");
  expect(shim.take()).toEqual(["start 2", "start 3", "start 4"]);
});

test("a start that follows its end at once is told with it", () => {
  const shim = withAgent();
  shim.ask("a", 1);
  shim.due("flush");
  shim.core.onExited(1, EXIT);
  shim.take();
  shim.due("flush");
  expect(shim.take()).toEqual(["write exited 1", "tell a: started 1, exited 1"]);
  expect(shim.timers.has("tell")).toBe(false);
});

test("a process that cannot be started is told as failed", () => {
  const shim = withAgent();
  shim.failing.add(1);
  shim.ask("a", 1);
  shim.due("flush");
  expect(shim.take()).toContain("tell a: failed 1");
});

test("a start that takes time holds up no other, and is told when it has come out", () => {
  const shim = withAgent();
  shim.slow = new Set([1, 2]);
  shim.ask("a", 1, 2, 3);
  shim.due("spawn");
  shim.due("spawn");
  expect(shim.take()).toContain("start 3");
  shim.core.onBegun(1, begunAs(1));
  shim.core.onBegun(2, FAILURE);
  shim.core.onExited(1, EXIT);
  shim.due("flush");
  expect(shim.take()).toEqual([
    "write started 3, started 1, failed 2, exited 1",
    "tell a: started 3, started 1, failed 2, exited 1",
  ]);
});

test("of many starts that take time a few are made at once", () => {
  const shim = withAgent();
  const all = Array.from({ length: 40 }, (_, index) => index + 1);
  shim.slow = new Set(all);
  shim.ask("a", ...all);
  const started = () => shim.log.filter((line) => line.startsWith("start ")).length;
  for (const _ of all) shim.due("spawn");
  expect(started()).toBe(16);
  for (const execution of all) {
    shim.core.onBegun(execution, begunAs(execution));
    shim.due("spawn");
    expect(started()).toBe(Math.min(16 + execution, 40));
  }
});

test("an agent that connects is told what there is when no start may fail any more", () => {
  const shim = withAgent();
  shim.slow = new Set([1, 2]);
  shim.ask("a", 1, 2);
  shim.due("spawn");
  shim.core.onAgent("b");
  shim.core.onBegun(1, begunAs(1));
  shim.ask("b", 3);
  expect([shim.core.has(3), shim.take().filter((line) => line.startsWith("greet"))]).toEqual([
    false,
    [],
  ]);
  shim.core.onAgentGone("b");
  shim.core.onAgent("c");
  shim.core.onBegun(2, FAILURE);
  expect(shim.take()).toContain("greet c: spawning 1, started 1, spawning 2, failed 2");
});

test("it does not end while a start may come out yet", () => {
  const shim = withAgent();
  shim.slow.add(1);
  shim.ask("a", 1);
  shim.core.onRequest("a", { do: "retire" });
  shim.core.onAgentGone("a");
  shim.due("end");
  expect(shim.take()).not.toContain("end");
  shim.core.onBegun(1, FAILURE);
  shim.due("flush");
  expect(shim.take()).toContain("end");
});

test("asked twice for the same, it starts it once", () => {
  const shim = withAgent();
  shim.ask("a", 1);
  shim.core.onAgent("b");
  shim.ask("b", 1);
  expect(shim.log.filter((line) => line === "start 1")).toHaveLength(1);
});

test("an agent that connects makes everything start that is written and not started", () => {
  const shim = withAgent();
  shim.ask("a", 1, 2, 3);
  shim.take();
  shim.core.onAgent("b");
  expect(shim.take()).toEqual([
    "write started 1",
    "start 2",
    "start 3",
    "greet b: spawning 1, started 1, spawning 2, started 2, spawning 3, started 3",
  ]);
  shim.due("spawn");
  expect(shim.take()).toEqual([]);
});

test("only the agent that connected last is listened to", () => {
  const shim = withAgent();
  shim.core.onAgent("b");
  shim.take();
  shim.ask("a", 1);
  shim.core.onRequest("a", { do: "retire" });
  expect(shim.take()).toEqual([]);
  expect(shim.core.has(1)).toBe(false);
  shim.core.onAgentGone("b");
  shim.ask("a", 2);
  expect(shim.core.has(2)).toBe(false);
});

test("the end of an older connection does not take the newer one's place", () => {
  const shim = withAgent();
  shim.core.onAgent("b");
  shim.core.onAgentGone("a");
  shim.ask("b", 1);
  shim.due("flush");
  shim.due("tell");
  expect(shim.take()).toContain("tell b: started 1");
});

test("while the disk is full nothing is started, told or made known to the next agent", () => {
  const shim = withAgent();
  shim.isDiskFull = true;
  shim.ask("a", 1);
  shim.core.onAgent("b");
  expect(shim.take()).toEqual(["greet b: "]);
  shim.isDiskFull = false;
  shim.due("flushAgain");
  expect(shim.take()).toEqual(["write spawning 1", "start 1"]);
});

test("it ends when it is to retire with nothing or nobody to tell, and after a while without agent and child", () => {
  const shim = withAgent();
  shim.ask("a", 1);
  shim.core.onRequest("a", { do: "retire" });
  shim.core.onExited(1, EXIT);
  expect(shim.take()).not.toContain("end");
  shim.core.onRequest("a", { do: "forget", execution: 1 });
  expect(shim.take()).toContain("end");

  const retired = withAgent();
  retired.ask("a", 1);
  retired.core.onRequest("a", { do: "retire" });
  retired.core.onAgentGone("a");
  expect(retired.take()).not.toContain("end");
  retired.core.onExited(1, EXIT);
  retired.due("flush");
  expect(retired.take().at(-1)).toBe("end");

  const lonely = withAgent();
  lonely.ask("a", 1);
  lonely.core.onAgentGone("a");
  expect(lonely.timers.has("end")).toBe(false);
  lonely.core.onExited(1, EXIT);
  lonely.due("end");
  expect(lonely.take()).toContain("end");
});
