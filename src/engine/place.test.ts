import { expect, test } from "bun:test";
import { PREPARATION, TestFleet } from "./testFleet.ts";

test("a task that only fits nodes closed to its job does not hold up smaller ones", () => {
  const fleet = new TestFleet();
  fleet.pool({ taskSlotsPerNode: 4 });
  fleet.node("large", "pool", 4);
  fleet.node("small", "pool", 1);
  fleet.job({ preparation: PREPARATION });
  fleet.add(["big"], { requiredSlots: 3 });
  fleet.end(fleet.start(), 1);
  expect(fleet.reasons("big")).toContain("NodeBarredByPreparation");
  fleet.add(["little"]);
  expect(fleet.start().nodeId).toBe("small");
});

/** A job whose queue was read from the store, with nothing read ahead. */
function restoredFleet(): TestFleet {
  const fleet = new TestFleet();
  fleet.pool({ taskSlotsPerNode: 4 });
  fleet.job();
  const large = Array.from({ length: 300 }, (_, index) => `large${index}`);
  fleet.add(large, { requiredSlots: 4 });
  fleet.add(["small"]);
  fleet.restart();
  return fleet;
}

test("tasks that fit nowhere now do not keep others from being read ahead", () => {
  const fleet = restoredFleet();
  fleet.node("n1", "pool", 1);
  fleet.readAhead();
  expect(fleet.start().taskId).toBe("small");
});

test("a class of slots is read ahead beyond its share as its tasks are placed", () => {
  const fleet = restoredFleet();
  fleet.node("n1", "pool", 4);
  for (let count = 0; count < 301; count += 1) {
    fleet.readAhead();
    fleet.end(fleet.start());
  }
  fleet.readAhead();
  expect(fleet.starts()).toEqual([]);
  expect(fleet.state("small")).toBe("completed success");
});

test("a machine that joined with more slots than its pool's nodes have takes larger tasks", () => {
  const fleet = new TestFleet();
  fleet.pool({ taskSlotsPerNode: 2 });
  fleet.node("n1", "pool", 4);
  fleet.job();
  fleet.add(["a", "b"], { requiredSlots: 4 });
  fleet.pass(61_000);
  expect(fleet.starts()).toHaveLength(1);
  expect(fleet.eventTypes()).not.toContain("TaskScheduleFailEvent");
});
