import { expect, test } from "bun:test";
import fc from "fast-check";
import { offsetOfJsonError } from "./jsonError.ts";

// Each row: a text with a mark where it stops being JSON.
test.each([
  '{\n"a": 1,\n "b": ^}\n',
  '{\n"a": 1\n ^"b": 2}\n',
  '{"a" ^1}',
  '{"a": ^"x\n}',
  '{"a": [1,\n2^',
  "{^a: 1}",
  "[1,^]",
  "[1] ^2",
  '{"a": 0^1}',
  '[1, ^"\\q"]',
  "[^}",
  "^",
])("the place of an error in JSON is found: %j", (marked) => {
  expect(offsetOfJsonError(marked.replace("^", ""))).toBe(marked.indexOf("^"));
});

test("what is JSON is read to its end", () => {
  fc.assert(
    fc.property(fc.json(), fc.boolean(), (json, isIndented) => {
      const text = isIndented ? JSON.stringify(JSON.parse(json), null, 2) : json;
      expect(offsetOfJsonError(`${text}\n`)).toBe(text.length + 1);
    }),
  );
});

test("never is an error looked for behind the character that is none of JSON", () => {
  const document = fc.array(fc.record({ id: fc.string(), slots: fc.nat() }), { minLength: 1 });
  fc.assert(
    fc.property(document, fc.nat(), (tasks, seed) => {
      const lines = JSON.stringify({ tasks }, null, 2).split("\n");
      const broken = seed % lines.length;
      const before = lines.slice(0, broken + 1).join("\n").length;
      lines[broken] += " ?";
      expect(offsetOfJsonError(lines.join("\n"))).toBe(before + 1);
    }),
  );
});
