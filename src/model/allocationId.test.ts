import { expect, test } from "bun:test";
import { allocationId, executionOfAllocation, executionsBeginning } from "./allocationId.ts";

test("an id leads back to its execution, also from its first eight digits on", () => {
  for (const number of [1, 2, 97, 65_535, 1_000_000, 4_294_967_295]) {
    const id = allocationId(number);
    expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(executionOfAllocation(id)).toBe(number);
    expect(executionOfAllocation(id.slice(0, 8))).toBe(number);
    expect(executionOfAllocation(id.slice(0, 12).toUpperCase())).toBe(number);
  }
});

test("no two executions share their first eight digits", () => {
  const seen = new Set(
    Array.from({ length: 10_000 }, (_, index) => allocationId(index + 1).slice(0, 8)),
  );
  expect(seen.size).toBe(10_000);
});

test("what is no id has no execution", () => {
  for (const text of ["", "1234567", "zzzzzzzz", `${allocationId(1).slice(0, 8)}-ffff`]) {
    expect(executionOfAllocation(text)).toBe(null);
  }
});

test("a few digits lead to all executions whose ids begin so, the newest first", () => {
  const all = Array.from({ length: 5_000 }, (_, index) => 5_000 - index);
  // With few digits all executions are gone through, with many all ids.
  for (const length of [2, 3, 5, 6, 7]) {
    for (const number of [1, 77, 5_000]) {
      const prefix = allocationId(number).slice(0, length);
      const wanted = all.filter((each) => allocationId(each).startsWith(prefix));
      expect(executionsBeginning(prefix.toUpperCase(), 5_000)).toEqual(wanted);
    }
  }
  for (const text of ["", "1", "12345678", "zz", "1-"]) {
    expect(executionsBeginning(text, 5_000)).toBe(null);
  }
});
