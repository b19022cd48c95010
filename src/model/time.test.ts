import { expect, test } from "bun:test";
import fc from "fast-check";
import { compactTime, isoTime } from "./time.ts";

test("isoTime agrees with the runtime's calendar", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (ms) => {
      expect(isoTime(ms)).toBe(new Date(ms).toISOString());
    }),
  );
});

test("compactTime has the form used in node ids", () => {
  expect(compactTime(Date.UTC(2016, 5, 23, 17, 39, 51))).toBe("20160623t173951z");
});
