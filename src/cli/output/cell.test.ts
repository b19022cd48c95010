import { expect, test } from "bun:test";
import fc from "fast-check";
import { boxText, cut, formatInstant, formatSize, minute, printable, tsvText } from "./cell.ts";

const ISO = "2026-11-21T03:20:05.123Z";

test("times are minutes or seconds for people and stay as they are in TSV", () => {
  expect(boxText(minute(ISO))).toBe("2026/11/21 03:20");
  expect(formatInstant({ iso: ISO, seconds: true })).toBe("2026/11/21 03:20:05");
  expect(tsvText(minute(ISO))).toBe(ISO);
  expect(boxText(minute(undefined))).toBe("");
});

test("sizes are written in the unit that fits", () => {
  expect([0, 1023, 1024, 1536, 3 * 1024 ** 3].map(formatSize)).toEqual([
    "0 B",
    "1023 B",
    "1.0 KiB",
    "1.5 KiB",
    "3.0 GiB",
  ]);
  expect(formatSize(1024 ** 5)).toBe("1024.0 TiB");
});

test("what would steer the terminal is written out", () => {
  expect(printable("a\u001b[31mb\r\nc\u0007\td")).toBe("a\\x1b[31mb\nc\\x07    d");
});

test("never does a TSV cell break its row", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => !/[\t\r\n]/.test(tsvText(text))));
});

test("never is a cut cell wider than it may be, and a narrow one stays whole", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 3, max: 20 }), (text, most) => {
      const shown = cut(text, most);
      return Bun.stringWidth(text) <= most ? shown === text : Bun.stringWidth(shown) <= most;
    }),
  );
});
