import { expect, test } from "bun:test";
import type { FleetRequest } from "../fleet/input.ts";
import { TestMachine } from "../sim/testMachine.ts";

function ready(): TestMachine {
  const machine = new TestMachine();
  for (const id of ["n1", "n2"]) machine.host(id);
  machine.definition("second", ["host.n2"]);
  machine.definition("first", ["host.n1", "host.n2"], { nextTask: "second" });
  const runners = { users: [], userGroups: [], definitions: ["first"] };
  machine.must("owner", { request: "addRunners", definition: "second", runners });
  machine.approve("second");
  return machine;
}

const run = (definition: string) =>
  ({ request: "runDefinition", definition, nodes: null, arguments: [] }) as const;

test("a run goes to its nodes, and its next task begins in the commit of its last result", () => {
  const machine = ready();
  expect(machine.as("owner", run("first"))).toEqual({ ok: true, instance: 1 });
  const orders = machine.starts();
  expect(orders.map(({ nodeId, script }) => [nodeId, script?.instanceNo])).toEqual([
    ["host.n1", 1],
    ["host.n2", 1],
  ]);
  const [one, two] = orders;
  if (one === undefined || two === undefined) throw new Error("no orders");
  machine.end(one);
  expect(machine.instance(1)).toMatchObject({ endedAt: null, result: null });
  machine.end(two);
  expect(machine.instance(1)).toMatchObject({ result: "success", nextInstance: 2 });
  machine.restart();
  expect(machine.core.machine.fleet.instances.has(2)).toBe(true);
  machine.connect("n1");
  machine.connect("n2");
  const [next, ...others] = machine.starts();
  expect([next?.script?.definitionId, next?.nodeId, others.length]).toEqual([
    "second",
    "host.n2",
    0,
  ]);
  if (next !== undefined) machine.end(next);
  expect(machine.instance(2)).toMatchObject({ result: "success", runnerText: "first(task)" });
});

test("a node of an ended instance is rerun from the store, under the next number", () => {
  const machine = ready();
  machine.as("owner", run("first"));
  const [one, two] = machine.starts();
  if (one === undefined || two === undefined) throw new Error("no orders");
  machine.end(one, 3);
  machine.end(two);
  expect(machine.instance(1)).toMatchObject({ result: "fail", nextInstance: null });
  machine.restart();
  machine.connect("n1");
  machine.connect("n2");
  expect(machine.starts()).toEqual([]);
  const rerun = { request: "rerunNodes", instance: 1, nodes: ["host.n1"] } as const;
  expect(machine.as("owner", rerun)).toEqual({ ok: true, instance: 1 });
  expect(machine.instance(1)).toMatchObject({ endedAt: null, result: null });
  expect(machine.as("owner", rerun)).toMatchObject({ error: { code: "TaskNotCompleted" } });
  const [again] = machine.starts();
  expect(again).toMatchObject({ ordinal: 2, nodeId: "host.n1" });
  if (again !== undefined) machine.end(again);
  expect(machine.instance(1)).toMatchObject({ result: "success", nextInstance: 2 });
});

test("a schedule fires once, whatever dies after its commit", () => {
  const machine = ready();
  machine.now = 1_795_219_200_000;
  const when = { form: "cron", cron: "0 * * * *" } as const;
  const schedule = { id: "s", when, timeZone: "UTC", status: "enable" } as const;
  const content = { byScheduler: true };
  machine.must("owner", { request: "editDefinition", definition: "second", content });
  machine.must("owner", { request: "addSchedule", definition: "second", schedule });
  machine.approve("second");
  machine.now = 1_795_219_200_000 + 3_600_000;
  expect(machine.core.machine.nextDueAt()).toBeLessThanOrEqual(machine.now);
  machine.must("admin", { request: "noteLogin", user: "admin" });
  expect(machine.instance(1)?.runnerText).toBe("s(scheduler)");
  machine.restart();
  machine.must("admin", { request: "noteLogin", user: "admin" });
  expect(machine.instance(2)).toBe(undefined);
});

test("what is refused changes nothing that is stored", () => {
  const machine = ready();
  const before = JSON.stringify([...machine.store.fleet.definitions, ...machine.store.nodes]);
  const refused: FleetRequest[] = [
    { request: "editNode", node: "host.n1", newId: "host.n2", status: "disable" },
    { request: "deleteNode", node: "host.n1" },
    run("unknown"),
    { request: "stopInstance", instance: 9, node: null, reason: "" },
  ];
  for (const request of refused) expect(machine.as("owner", request).ok).toBe(false);
  expect(machine.send({ kind: "fleet", request: run("first"), actor: null }).ok).toBe(false);
  expect(JSON.stringify([...machine.store.fleet.definitions, ...machine.store.nodes])).toBe(before);
});
