import { expect, test } from "bun:test";
import { nearestWord } from "./suggest.ts";

const OBJECTS = ["pool", "node", "job", "jobtask", "alloc", "event", "system"];

test("a misspelt word is recognised", () => {
  expect(nearestWord("jbo", OBJECTS)).toBe("job");
  expect(nearestWord("pol", OBJECTS)).toBe("pool");
  expect(nearestWord("EVNET", OBJECTS)).toBe("event");
  expect(nearestWord("sysetm", OBJECTS)).toBe("system");
});

test("a word that begins or ends too early is recognised", () => {
  expect(nearestWord("nodes", OBJECTS)).toBe("node");
  expect(nearestWord("sys", OBJECTS)).toBe("system");
});

test("a word unlike all others is not guessed at", () => {
  expect(nearestWord("frobnicate", OBJECTS)).toBeUndefined();
  expect(nearestWord("x", OBJECTS)).toBeUndefined();
  expect(nearestWord("", OBJECTS)).toBeUndefined();
});
