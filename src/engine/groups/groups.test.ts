import { expect, test } from "bun:test";
import type { MemberState } from "../../model/allocation.ts";
import { RESCHEDULE_DEFAULTS } from "../../model/groupDefaults.ts";
import { explainTask } from "../explain.ts";
import { GroupFleet, groupJob, memberState } from "./testGroups.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

function nodesOf(orders: readonly { readonly nodeId: string }[]): string[] {
  return orders.map(({ nodeId }) => nodeId).sort();
}

test("a service runs at its count, under the names of its allocations", () => {
  const fleet = new GroupFleet();
  expect(fleet.register(groupJob({ count: 3 }))).toMatchObject({ ok: true, version: 0 });
  const orders = fleet.starts();
  expect(orders.map((order) => order.allocation?.name)).toEqual([
    "example.cache[0]",
    "example.cache[1]",
    "example.cache[2]",
  ]);
  expect(new Set(orders.map((order) => order.allocation?.allocationId)).size).toBe(3);
});

test("a failed execution is rescheduled after growing delays, to other nodes", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob());
  let order = fleet.start();
  const delays: number[] = [];
  const nodes: string[] = [order.nodeId];
  for (let round = 0; round < 4; round += 1) {
    fleet.fails(order);
    const failedAt = fleet.now;
    expect(fleet.state("example.cache[0]", "example")).toBe("active");
    for (let passed = 0; fleet.effects.every(({ effect }) => effect !== "start"); passed += 1) {
      expect(passed).toBeLessThan(1_000);
      fleet.pass(SECOND);
    }
    delays.push(Math.round((fleet.now - failedAt) / SECOND));
    order = fleet.start();
    nodes.push(order.nodeId);
  }
  expect(delays).toEqual([30, 60, 120, 240]);
  expect(new Set(nodes.slice(0, 3)).size).toBe(3);
  expect(fleet.live(order.execution).execution.allocation?.rescheduled).toHaveLength(4);
});

test("a batch execution is rescheduled as often as its policy says, then its task fails", () => {
  const fleet = new GroupFleet();
  fleet.register(
    groupJob(
      { reschedule: RESCHEDULE_DEFAULTS.batch, update: null },
      { type: "batch", onAllTasksComplete: "terminatejob" },
    ),
  );
  fleet.fails(fleet.start());
  fleet.pass(6 * SECOND);
  fleet.fails(fleet.start());
  fleet.pass(MINUTE);
  expect(fleet.starts()).toEqual([]);
  expect(fleet.state("example.cache[0]", "example")).toBe("completed failure FailureExitCode");
  expect(fleet.jobState("example")).toBe("completed");
});

test("a batch execution that succeeded is never run again", () => {
  const fleet = new GroupFleet();
  fleet.register(
    groupJob({ count: 2, update: null }, { type: "batch", onAllTasksComplete: "terminatejob" }),
  );
  for (const order of fleet.starts()) fleet.ends(order, 0, "complete");
  expect(fleet.starts()).toEqual([]);
  expect(fleet.jobState("example")).toBe("completed");
});

test("a system job runs on every node that suits it, also on later ones", () => {
  const fleet = new GroupFleet(["n1", "n2"]);
  fleet.register(groupJob({ reschedule: null, update: null }, { type: "system" }));
  const orders = fleet.starts();
  expect(nodesOf(orders)).toEqual(["n1", "n2"]);
  fleet.node("n3");
  expect(nodesOf(fleet.starts())).toEqual(["n3"]);
  const first = orders[0];
  if (first === undefined) throw new Error("nothing was started");
  fleet.fails(first);
  fleet.pass(MINUTE);
  expect(fleet.starts()).toEqual([]);
});

test("what no node suits says which constraint excluded how many", () => {
  const fleet = new GroupFleet();
  fleet.register(
    groupJob({
      constraints: [{ attribute: "${attr.kernel.name}", operator: "=", value: "windows" }],
    }),
  );
  expect(fleet.starts()).toEqual([]);
  const job = fleet.engine.jobs.get(fleet.engine.jobsById.get("example") ?? 0);
  const [reasons] = [...(job?.groups?.nowhere.values() ?? [])];
  expect(reasons?.[0]).toContain('Constraint "${attr.kernel.name} = windows" excluded 3 nodes');
});

test("no more is placed on a node than it has, and what ends makes room", () => {
  const fleet = new GroupFleet(["n1"]);
  fleet.register(groupJob({ count: 50, update: null }));
  const orders = fleet.starts();
  // 4,000 MiB for 300 MiB each.
  expect(orders).toHaveLength(13);
  expect(fleet.engine.nodes.get(1)?.use.resources.memoryMb).toBe(3_900);
  const [first] = orders;
  if (first === undefined) throw new Error("nothing was started");
  fleet.send({ kind: "stopExecution", execution: first.execution });
  fleet.stops();
  expect(fleet.starts()).toHaveLength(1);
});

test("a smaller count stops the highest indexes, a larger one fills them again", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob({ count: 3, update: null }));
  fleet.starts();
  fleet.register(groupJob({ count: 1, update: null }));
  expect(fleet.stops()).toHaveLength(2);
  expect(fleet.state("example.cache[2]", "example")).toBe("completed success");
  fleet.register(groupJob({ count: 2, update: null }));
  expect(fleet.starts().map((order) => order.allocation?.name)).toEqual(["example.cache[1]"]);
});

test("a stopped job runs again when it is submitted again", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob());
  fleet.starts();
  fleet.send({ kind: "terminateJob", job: "example", reason: "UserTerminate" });
  fleet.stops();
  expect(fleet.jobState("example")).toBe("completed");
  expect(fleet.register(groupJob())).toMatchObject({ ok: true, version: 1 });
  expect(fleet.starts()).toHaveLength(1);
});

test("a restored machine goes on where the live one was", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob({ count: 2 }));
  const orders = fleet.starts();
  const [first, second] = orders;
  if (first === undefined || second === undefined) throw new Error("nothing was started");
  fleet.fails(first);
  fleet.restart();
  for (const node of ["n1", "n2", "n3"]) {
    const held = [second].filter(({ nodeId }) => nodeId === node);
    fleet.connect(
      node,
      held.map(({ execution }) => ({ execution, state: "running", startedAt: 1 })),
    );
  }
  expect(fleet.starts()).toEqual([]);
  fleet.pass(31 * SECOND);
  expect(fleet.start().allocation?.name).toBe(first.allocation?.name ?? "");
});

function explained(fleet: GroupFleet) {
  const task = fleet.task("example.cache[0]", "example");
  if (task === null) throw new Error("Expected the task.");
  const { summary, reasons } = explainTask(fleet.engine, fleet.engine.jobs.get(1) ?? null, task);
  return { summary, codes: reasons.map(({ code }) => code) };
}

test("explain says what a task that is placed waits for: a key of its template, its restart", () => {
  const fleet = new GroupFleet(["n1"]);
  fleet.register(groupJob());
  const order = fleet.start();
  const says = (changes: Partial<MemberState>) => {
    fleet.says(order, { members: [memberState({ state: "pending", ...changes })] });
  };
  const missing = { type: "Template", at: fleet.now, description: "Missing: key a/b" } as const;
  says({ events: [] });
  fleet.report("n1", { kind: "accepted", execution: order.execution });
  expect(explained(fleet)).toEqual({ summary: "It is starting on node n1.", codes: [] });
  says({ events: [missing] });
  expect(explained(fleet)).toEqual({
    summary: 'Its task "web" waits on node n1 for what its template reads. Missing: key a/b.',
    codes: ["WaitsForTemplate"],
  });
  fleet.report("n1", { kind: "started", execution: order.execution, startedAt: fleet.now });
  says({ state: "running", events: [missing] });
  expect(explained(fleet)).toEqual({ summary: "It is running on node n1.", codes: [] });
  const restarting = {
    type: "Restarting",
    at: 0,
    description: "Task restarting in 16.2s",
  } as const;
  says({ nextAt: Date.UTC(2026, 10, 21), events: [restarting] });
  expect(explained(fleet)).toEqual({
    summary:
      'Its task "web" waits on node n1 for its restart at 2026-11-21T00:00:00.000Z: Task restarting in 16.2s.',
    codes: ["WaitsForRestart"],
  });
});

test("a batch execution that its node ended by max_run_duration is complete, and says why", () => {
  const fleet = new GroupFleet();
  const group = { reschedule: RESCHEDULE_DEFAULTS.batch, update: null, maxRunDurationMs: MINUTE };
  fleet.register(groupJob(group, { type: "batch" }));
  const order = fleet.start();
  const description = "Exceeded max_run_duration of 1m0s";
  fleet.ends(order, 0, "complete", { description });
  expect(fleet.store.executions.get(order.execution)?.allocation).toMatchObject({ description });
  expect(fleet.task("example.cache[0]", "example")?.progress).toMatchObject({
    state: "completed",
    group: { decision: description },
  });
});
