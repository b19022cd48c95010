import { expect, test } from "bun:test";
import { check } from "./check.ts";
import { oneOf, record } from "./field.ts";
import { JOB_ADD } from "./job.ts";
import { wholeNumber, wordsOf } from "./query.ts";

const QUERY = record({
  type: wordsOf(["TaskStartEvent", "TaskFailEvent"]).optional(),
  state: oneOf(["active", "completed"]).optional(),
  limit: wholeNumber(1, 1000).optional(),
});

function refused(query: Record<string, unknown>) {
  const checked = check(QUERY, query, "query");
  if (checked.ok) throw new Error("Expected a refusal.");
  return checked.error;
}

test("a word of a list in a query is refused with the words there are and what was given", () => {
  expect(refused({ type: "TaskStartEvent,Foo" })).toEqual({
    code: "InvalidQueryParameterValue",
    message: 'Expected one of TaskStartEvent, TaskFailEvent as type and got "Foo".',
    fix: "Give one of TaskStartEvent, TaskFailEvent.",
    field: "type",
    expected: "one of TaskStartEvent, TaskFailEvent",
    given: '"Foo"',
  });
  expect(refused({ type: ["TaskFailEvent", "a,b"] })).toMatchObject({ given: '"a"' });
});

test("a misspelt word is met with the one that was meant", () => {
  expect(refused({ type: "TaskStrtEvent" })).toMatchObject({
    message:
      'Expected one of TaskStartEvent, TaskFailEvent as type and got "TaskStrtEvent". Did you mean TaskStartEvent?',
    fix: "Write TaskStartEvent.",
  });
  expect(refused({ state: "activ" }).fix).toBe("Write active.");
});

test("no number and a number out of range are refused in the same words", () => {
  for (const limit of ["abc", "0", "1001", "1.5"]) {
    expect(refused({ limit }).message).toBe(
      `Expected a whole number from 1 to 1000 as limit and got "${limit}".`,
    );
  }
  const job = { id: "j", poolInfo: { poolId: "p" } };
  for (const priority of ["high", 1001]) {
    const checked = check(JOB_ADD, { ...job, priority });
    expect(checked.ok ? "" : checked.error.message).toBe(
      `Expected a whole number from -1000 to 1000 as priority and got ${JSON.stringify(priority)}.`,
    );
  }
});
