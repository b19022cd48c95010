import { expect, test } from "bun:test";
import fc from "fast-check";
import { compactResult, wholeResult } from "./compactResult.ts";
import type { ExecutionResult, OutputInfo, ProcessOutcome } from "./execution.ts";

const time = fc.integer({ min: 0, max: 3 });
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });
const outcome: fc.Arbitrary<ProcessOutcome> = fc.oneof(
  fc.record({ state: fc.constant("exited" as const), exitCode: fc.integer({ min: 0, max: 2 }) }),
  fc.record({
    state: fc.constant("killed" as const),
    signal: fc.constantFrom(9, 15),
    reason: fc.constantFrom("stopped" as const, "wallClock" as const, null),
  }),
  fc.constant({ state: "unseen" as const }),
);
const output: fc.Arbitrary<OutputInfo> = fc.record({
  sizeBytes: time,
  droppedBytes: time,
  place: fc.oneof(
    fc.constant({ kind: "empty" as const }),
    fc.record({ kind: fc.constant("inline" as const), base64: fc.base64String() }),
    fc.record({ kind: fc.constant("blob" as const), key: fc.string() }),
  ),
});
const result: fc.Arbitrary<ExecutionResult> = fc.record({
  processes: fc.array(
    fc.record({
      member: fc.constantFrom("main", "side"),
      number: fc.integer({ min: 1, max: 2 }),
      outcome,
      startedAt: maybe(time),
      endedAt: time,
      peakMemoryBytes: maybe(time),
      cpuMs: maybe(time),
    }),
    { maxLength: 2 },
  ),
  outcome,
  startedAt: maybe(time),
  endedAt: time,
  stdout: output,
  stderr: output,
});

test("what is left of a result gives the whole result again", () => {
  fc.assert(
    fc.property(result, maybe(time), maybe(time), (given, startedAt, endedAt) => {
      const span = { startedAt, endedAt };
      const text = JSON.stringify(compactResult(given, span));
      expect(wholeResult(JSON.parse(text), span)).toEqual(given);
    }),
    { numRuns: 2_000 },
  );
});

test("of a command that exits without a word only its exit code is left", () => {
  const ended = { state: "exited", exitCode: 3 } as const;
  const nothing = { sizeBytes: 0, droppedBytes: 0, place: { kind: "empty" } } as const;
  const main = { member: "main", number: 1, peakMemoryBytes: null, cpuMs: null };
  const times = { startedAt: 1, endedAt: 2 };
  const given: ExecutionResult = {
    ...times,
    outcome: ended,
    processes: [{ ...main, ...times, outcome: ended }],
    stdout: nothing,
    stderr: nothing,
  };
  expect(compactResult(given, times)).toEqual({ outcome: ended });
});
