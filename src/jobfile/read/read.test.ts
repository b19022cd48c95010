import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { formatGoDuration } from "../../model/duration.ts";
import { readDuration } from "./duration.ts";
import { nearest } from "./suggest.ts";

describe("a duration", () => {
  const right: readonly (readonly [string, number])[] = [
    ["0", 0],
    ["0s", 0],
    ["-0s", 0],
    ["1h30m", 5_400_000],
    ["1.5s", 1500],
    [".5s", 500],
    ["250ms", 250],
    ["2000us", 2],
    ["3000µs", 3],
    ["1000000ns", 1],
    ["+5s", 5000],
  ];
  test.each(right)("%s is taken", (text, ms) => {
    expect(readDuration(text)).toEqual({ ok: true, ms, meant: null });
  });

  test.each(["", "s", "5", "1d", "PT5M", "1h 30m", "five", "1H"])("%s is refused", (text) => {
    expect(readDuration(text)).toEqual({ ok: false, isNegative: false });
  });

  test("below 0 is told apart", () => {
    expect(readDuration("-5s")).toEqual({ ok: false, isNegative: true });
  });

  test("with a longer unit is read as what was meant", () => {
    expect(readDuration("1hr")).toEqual({ ok: true, ms: 3_600_000, meant: "1h" });
    expect(readDuration("1hr30mins")).toEqual({ ok: true, ms: 5_400_000, meant: "1h30m" });
  });

  test("is read as it is written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 11 }), (ms) => {
        expect(readDuration(formatGoDuration(ms))).toEqual({ ok: true, ms, meant: null });
      }),
    );
  });
});

test("the nearest word is meant, if it is near", () => {
  const known = ["count", "constraint", "restart"];
  expect(nearest("cuont", known)).toBe("count");
  expect(nearest("Restart", known)).toBe("restart");
  expect(nearest("volume", known)).toBeNull();
  expect(nearest("", known)).toBeNull();
});
