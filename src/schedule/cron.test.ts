import { expect, test } from "bun:test";
import { cronMistake, isTimeZone, nextDueAt } from "./cron.ts";

function next(cron: string, timeZone: string, after: string): string | null {
  const at = nextDueAt({ crons: [cron], timeZone }, Date.parse(after));
  return at === null ? null : new Date(at).toISOString();
}

test("the next time is strictly after the instant, in the zone's wall time", () => {
  expect(next("*/15 * * * *", "UTC", "2026-11-21T10:15:00Z")).toBe("2026-11-21T10:30:00.000Z");
  expect(next("0 9 * * *", "Asia/Seoul", "2026-11-21T00:00:00Z")).toBe("2026-11-22T00:00:00.000Z");
  expect(next("0 9 * * *", "Asia/Seoul", "2026-11-20T23:59:59Z")).toBe("2026-11-21T00:00:00.000Z");
});

test("an hour that daylight saving skips runs when the gap ends, one that it repeats once", () => {
  expect(next("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z")).toBe(
    "2026-03-29T01:00:00.000Z",
  );
  const first = next("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z");
  expect(first).toBe("2026-10-25T00:30:00.000Z");
  expect(next("30 2 * * *", "Europe/Berlin", first ?? "")).toBe("2026-10-26T01:30:00.000Z");
});

test("of several expressions the earliest counts, and one that is never due is null", () => {
  const crons = ["0 12 * * *", "0 6 * * *"];
  const at = nextDueAt({ crons, timeZone: "UTC" }, Date.parse("2026-11-21T07:00:00Z"));
  expect(new Date(at ?? 0).toISOString()).toBe("2026-11-21T12:00:00.000Z");
  expect(nextDueAt({ crons: ["0 0 30 2 *"], timeZone: "UTC" }, 0)).toBe(null);
});

test("six fields have the year last, seven the seconds first too, as in Nomad", () => {
  const now = "2026-11-21T10:00:30Z";
  expect(next("30 9 * * 1 *", "UTC", now)).toBe("2026-11-23T09:30:00.000Z");
  expect(next("0 0 1 1 * 2030", "UTC", now)).toBe("2030-01-01T00:00:00.000Z");
  expect(next("0 0 1 1 * 2020", "UTC", now)).toBe(null);
  expect(next("*/20 * * * * *", "UTC", now)).toBe("2026-11-21T10:20:00.000Z");
  expect(next("*/20 * * * * * *", "UTC", now)).toBe("2026-11-21T10:00:40.000Z");
  expect(next("15 0 0 1 1 * 2028-2030", "UTC", now)).toBe("2028-01-01T00:00:15.000Z");
});

test("steps of years count from the first one that there is", () => {
  const now = "2026-11-21T10:00:00Z";
  // 1970, 1973, ... 2027, 2030.
  expect(next("0 0 1 1 * */3", "UTC", now)).toBe("2027-01-01T00:00:00.000Z");
  expect(next("0 0 1 1 * 2020/4", "UTC", now)).toBe("2028-01-01T00:00:00.000Z");
  expect(next("0 0 1 1 * 2020-2040/9,2028", "UTC", now)).toBe("2028-01-01T00:00:00.000Z");
  expect(next("0 0 1 1 * ?", "UTC", now)).toBe("2027-01-01T00:00:00.000Z");
});

test.each([
  // Seconds first, as others have six fields.
  ["0 30 9 * * 1", "1"],
  ["0 30 9 * * MON-FRI", "MON-FRI"],
  ["0 30 9 * * 1-5", "1-5"],
  ["* * * * * 1969", "1969"],
  ["* * * * * * 2100", "2100"],
  ["* * * * * 2030-2026", "2030-2026"],
  ["* * * * * */0", "*/0"],
])("%j has no year last, which is told", (cron, year) => {
  const reason = `the last of 6 or 7 fields is the year, 1970 to 2099, and is "${year}"`;
  expect(cronMistake(cron)).toBe(reason);
});

test("mistakes are told, of the expression and of the zone", () => {
  expect(cronMistake("*/15 * * * *")).toBe(null);
  expect(cronMistake("61 * * * *")).toBe("Invalid value for minute: 61");
  expect(cronMistake("* * *")).toContain("five, six, or seven");
  expect(["UTC", "Europe/Berlin", "Mars/Olympus"].map(isTimeZone)).toEqual([true, true, false]);
});
