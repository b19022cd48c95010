import { expect, test } from "bun:test";
import { type Cycle, cycleCron, parseCycle } from "../model/cycle.ts";
import { nextDueAt } from "./cron.ts";

function cycleOf(text: string): Cycle {
  const cycle = parseCycle(text);
  if ("mistake" in cycle) throw new Error(cycle.mistake);
  return cycle;
}

function next(text: string, timeZone: string, after: string): string | null {
  const at = nextDueAt({ crons: [cycleCron(cycleOf(text))], timeZone }, Date.parse(after));
  return at === null ? null : new Date(at).toISOString().slice(0, 16);
}

test.each([
  ["01/01 01:20", "2026-11-21T00:00:00Z", "2027-01-01T01:20"],
  ["02/29 12:00", "2026-11-21T00:00:00Z", "2028-02-29T12:00"],
  ["31 05:00", "2026-11-21T00:00:00Z", "2026-12-31T05:00"],
  ["31 05:00", "2027-01-31T05:00:00Z", "2027-03-31T05:00"],
  ["mon 08:00", "2026-11-21T00:00:00Z", "2026-11-23T08:00"],
  ["08:00", "2026-11-21T08:00:00Z", "2026-11-22T08:00"],
  ["30", "2026-11-21T08:00:00Z", "2026-11-21T08:30"],
  ["2026/11/22 10:00", "2026-11-21T08:00:00Z", "2026-11-22T10:00"],
  ["2026/11/20 10:00", "2026-11-21T08:00:00Z", null],
])("%s after %s is due at %s", (text, after, due) => {
  expect(next(text, "UTC", after)).toBe(due);
});

test("a zone moves the instant, and daylight saving neither loses nor doubles a run", () => {
  expect(next("2026/11/22 09:00", "Asia/Seoul", "2026-11-21T00:00:00Z")).toBe("2026-11-22T00:00");
  expect(next("02:30", "Europe/Berlin", "2026-03-28T12:00:00Z")).toBe("2026-03-29T01:00");
  expect(next("02:30", "Europe/Berlin", "2026-10-25T00:30:00Z")).toBe("2026-10-26T01:30");
  expect(next("2026/03/29 02:30", "Europe/Berlin", "2026-03-01T00:00:00Z")).not.toBe(null);
});
