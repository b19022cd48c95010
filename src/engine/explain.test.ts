import { expect, test } from "bun:test";
import { explainTask } from "./explain.ts";
import { PREPARATION, TestFleet } from "./testFleet.ts";

function fleetOf(nodes: number, slots = 1): TestFleet {
  const fleet = new TestFleet();
  fleet.pool({ taskSlotsPerNode: slots });
  for (let index = 1; index <= nodes; index += 1) fleet.node(`n${index}`);
  return fleet;
}

function messages(fleet: TestFleet, id: string): readonly string[] {
  const task = fleet.task(id);
  if (task === null) throw new Error(`Expected a task ${id}.`);
  const { summary, reasons } = explainTask(fleet.engine, fleet.engine.jobs.get(1) ?? null, task);
  expect(summary).toBe(reasons[0]?.message ?? summary);
  return reasons.map(({ message }) => message);
}

// Each row: nodes, slots of each, slots that the task wants, and what is said while every slot is taken.
test.each([
  [1, 1, 1, "1 node has no free slot; it waits for a running task to end."],
  [2, 1, 1, "2 nodes have no free slot; it waits for a running task to end."],
  [
    1,
    2,
    2,
    "1 node has fewer than 2 free slots; while no node has 2, smaller tasks may go first, also of lower priority.",
  ],
  [
    2,
    3,
    3,
    "2 nodes have fewer than 3 free slots; while no node has 3, smaller tasks may go first, also of lower priority.",
  ],
])("%p full nodes of %p slots, wanted %p: %s", (nodes, slots, wanted, message) => {
  const fleet = fleetOf(nodes, slots);
  fleet.job();
  fleet.add(Array.from({ length: nodes * slots }, (_, index) => `running${index}`));
  fleet.add(["waits"], { requiredSlots: wanted });
  expect(messages(fleet, "waits")).toEqual([message]);
});

test("smaller tasks of lower priority pass a task that no node has enough free slots for, and it says so", () => {
  const fleet = fleetOf(1, 2);
  fleet.job({ priority: -10 });
  fleet.add(["small1", "small2", "small3"]);
  const [first] = fleet.starts();
  fleet.job({ id: "high", priority: 1000 });
  fleet.add(["large"], { requiredSlots: 2 }, "high");
  if (first !== undefined) fleet.end(first);
  expect(fleet.start().taskId).toBe("small3");
  const large = fleet.task("large", "high");
  const high = fleet.engine.jobs.get(2) ?? null;
  expect(large === null ? "" : explainTask(fleet.engine, high, large).summary).toContain(
    "while no node has 2, smaller tasks may go first, also of lower priority.",
  );
});

test("nodes are named up to three, and how many more there are", () => {
  const failing = (nodes: number) => {
    const fleet = fleetOf(nodes);
    fleet.job({ preparation: PREPARATION });
    fleet.add(["a"]);
    for (let index = 0; index < nodes; index += 1) {
      const order = fleet.start();
      fleet.end(order, Number(order.nodeId.slice(1)));
    }
    return messages(fleet, "a");
  };
  expect(failing(1)).toEqual([
    "Preparation failed on node n1 (exit code 1); the node is closed to this job until it is rebooted.",
  ]);
  expect(failing(2)).toEqual([
    "Preparation failed on nodes n1 (exit code 1) and n2 (exit code 2); they are closed to this job until they are rebooted.",
  ]);
  expect(failing(5)).toEqual([
    "Preparation failed on nodes n1 (exit code 1), n2 (exit code 2), n3 (exit code 3) and 2 more; they are closed to this job until they are rebooted.",
  ]);
});

test("nodes that take nothing now are named with what helps", () => {
  const fleet = fleetOf(3);
  fleet.job();
  fleet.send({ kind: "disableScheduling", node: "n1", option: "requeue" });
  fleet.disconnect("n2");
  fleet.disconnect("n3");
  fleet.add(["a"]);
  expect(messages(fleet, "a")).toEqual([
    "Scheduling is disabled on node n1; enable it there.",
    "Nodes n2 and n3 can not be reached.",
  ]);
  const other = fleetOf(1);
  other.job();
  other.send({ kind: "rebootNode", node: "n1", option: "requeue" });
  other.add(["a"]);
  expect(messages(other, "a")).toEqual(["Node n1 is not ready (rebooting)."]);
});

test("a job at its maxParallelTasks says so in singular and plural", () => {
  for (const [limit, message] of [
    [1, "1 task of the job is running, which is its maxParallelTasks."],
    [2, "2 tasks of the job are running, which is its maxParallelTasks."],
  ] as const) {
    const fleet = fleetOf(3);
    fleet.job({ maxParallelTasks: limit });
    fleet.add(["a", "b", "c"]);
    expect(messages(fleet, "c")).toContain(message);
  }
});
