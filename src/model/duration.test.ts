import { expect, test } from "bun:test";
import fc from "fast-check";
import { formatDuration, formatGoDuration, parseDuration } from "./duration.ts";

const READINGS: readonly (readonly [string, number | null])[] = [
  ["PT15M", 900_000],
  ["P7D", 604_800_000],
  ["P1W", 604_800_000],
  ["P1DT2H3M4.5S", 93_784_500],
  ["pt1,5s", 1500],
  ["PT0S", 0],
  ["P10675199DT2H48M5.4775807S", 922_337_203_685_478],
  ["15m", 900_000],
  ["1h30m", 5_400_000],
  ["1.5h", 5_400_000],
  [".5s", 500],
  ["250ms", 250],
  ["2d", 172_800_000],
  ["1500us", 2],
  ["0", 0],
  ["", null],
  ["P", null],
  ["PT", null],
  ["P1DT", null],
  ["P1Y", null],
  ["P1M", null],
  ["15", null],
  ["-5m", null],
  ["15 m", null],
  ["5minutes", null],
  ["PT15M ", null],
  ["99999999999999999999d", null],
];

test("durations are read in ISO 8601 and in Go's form, and nothing else", () => {
  expect(READINGS.map(([text]) => [text, parseDuration(text)])).toEqual(
    READINGS.map((reading) => [...reading]),
  );
});

test("durations are written in ISO 8601 with days as the largest unit", () => {
  expect(formatDuration(900_000)).toBe("PT15M");
  expect(formatDuration(604_800_000)).toBe("P7D");
  expect(formatDuration(93_784_500)).toBe("P1DT2H3M4.5S");
  expect(formatDuration(0)).toBe("PT0S");
});

test("what is written is read back as the same number", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 50 }), (durationMs) => {
      expect(parseDuration(formatDuration(durationMs))).toBe(durationMs);
    }),
  );
});

test.each([
  [0, "0s"],
  [500, "500ms"],
  [16_200, "16.2s"],
  [60_000, "1m0s"],
  [1_800_000, "30m0s"],
  [86_400_000, "24h0m0s"],
  [3_661_001, "1h1m1.001s"],
  [-15_000, "-15s"],
] as const)("%d ms are %s in Go's form", (durationMs, text) => {
  expect(formatGoDuration(durationMs)).toBe(text);
});

test("Go's form is read as what it was written from", () => {
  fc.assert(
    fc.property(fc.nat(1e9), (durationMs) => {
      expect(parseDuration(formatGoDuration(durationMs))).toBe(durationMs);
    }),
  );
});
