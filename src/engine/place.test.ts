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
