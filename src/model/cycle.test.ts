import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Cycle, cycleText, cycleValue, parseCycle, WEEKDAYS } from "./cycle.ts";

function cycleOf(text: string): Cycle {
  const cycle = parseCycle(text);
  if ("mistake" in cycle) throw new Error(cycle.mistake);
  return cycle;
}

test.each([
  ["01/01 01:20", "yearly, */01/01 01:20"],
  ["28 05:00", "monthly, */*/28 05:00"],
  ["MON 08:00", "weekly, mon 08:00"],
  ["23:59", "daily, 23:59"],
  ["07", "hourly, 07"],
  ["2027/02/28 00:00", "once, 2027/02/28 00:00"],
  ["  mon   08:00 ", "weekly, mon 08:00"],
])("the cycle of %s is seen from its shape", (text, shown) => {
  expect(cycleText(cycleOf(text))).toBe(shown);
});

test.each([
  ["13/01 00:00", "month"],
  ["00/10 00:00", "month"],
  ["02/30 00:00", "a day that the month has"],
  ["2027/02/29 00:00", "a day that the month has"],
  ["1999/01/01 00:00", "year"],
  ["32 00:00", "day"],
  ["abc 00:00", "weekday"],
  ["24:00", "hour"],
  ["60", "minute"],
  ["8:00", "hh:mm (daily)"],
  ["", "hh:mm (daily)"],
])("%s is refused with what was expected", (text, expected) => {
  const cycle = parseCycle(text);
  expect("mistake" in cycle ? cycle.mistake : "").toContain(expected);
});

const minute = fc.integer({ min: 0, max: 59 });
const hour = fc.integer({ min: 0, max: 23 });
const month = fc.integer({ min: 1, max: 12 });
const cycles: fc.Arbitrary<Cycle> = fc.oneof(
  fc.record({ cycle: fc.constant("hourly" as const), minute }),
  fc.record({ cycle: fc.constant("daily" as const), hour, minute }),
  fc.record({
    cycle: fc.constant("weekly" as const),
    weekday: fc.constantFrom(...WEEKDAYS),
    hour,
    minute,
  }),
  fc.record({
    cycle: fc.constant("monthly" as const),
    day: fc.integer({ min: 1, max: 31 }),
    hour,
    minute,
  }),
  fc.record({
    cycle: fc.constant("yearly" as const),
    month,
    day: fc.integer({ min: 1, max: 28 }),
    hour,
    minute,
  }),
  fc.record({
    cycle: fc.constant("once" as const),
    year: fc.integer({ min: 2000, max: 9999 }),
    month,
    day: fc.integer({ min: 1, max: 28 }),
    hour,
    minute,
  }),
);

test("what is written is read again as it was", () => {
  fc.assert(fc.property(cycles, (cycle) => expect(parseCycle(cycleValue(cycle))).toEqual(cycle)));
});
