import { expect, test } from "bun:test";
import fc from "fast-check";
import { lineOfField, lineOfSyntaxError } from "./textPosition.ts";

const parseYaml = (text: string): unknown => Bun.YAML.parse(text);
const parseJson5 = (text: string): unknown => Bun.JSON5.parse(text);

const YAML = `id: nightly
poolInfo:
  poolId: default
priority: high
tasks:
  - id: a
    commandLine: echo '{'
  - id: b
    requiredSlots: x
    commandLine: |
      echo 1
      echo 2
  - id: c
`;

test.each([
  ["priority", 4],
  ["poolInfo", 2],
  ["poolInfo.poolId", 3],
  ["tasks[0].commandLine", 7],
  ["tasks[1].requiredSlots", 9],
  ["tasks[2]", 13],
  ["tasks[2].commandLine", null],
  ["constructor", null],
])("in YAML %s is on line %p", (path, line) => {
  expect(lineOfField(YAML, path, parseYaml)).toBe(line);
});

test("a field of JSON is found where it stands", () => {
  const value = { id: "j", poolInfo: { poolId: "p" }, tasks: [{ id: "a" }, { id: "]{", n: 1 }] };
  const json = JSON.stringify(value, null, 2);
  const lines = json.split("\n");
  for (const [path, text] of [
    ["poolInfo.poolId", '"poolId"'],
    ["tasks[0].id", '"a"'],
    ["tasks[1].n", '"n"'],
  ] as const) {
    const line = lineOfField(json, path, parseYaml) ?? 0;
    expect(lines[line - 1]).toContain(text);
  }
});

test.each([
  ["a: 1\nb: [1, 2\nc: 3\nd: 4\n", 3],
  ["a: 1\n\tb: 2\nc: 1\n", 2],
  ["id: j\ntasks:\n  - id: a\n    commandLine: x: y\n  - id: b\n", 4],
  ["a: [1,\n  2,\n  3]\nb: *nothing\nc: 1\n", 4],
])("the line of an error in YAML is found: %j", (text, line) => {
  expect(lineOfSyntaxError(text, parseYaml)).toBe(line);
});

test.each([
  ['{\n"a": 1,\n "b": }\n', 3],
  ['{\n"a": 1\n "b": 2}\n', 3],
  ['{\n"a":\n [1,\n 2],\n"b" 1,\n "c": 1}', 5],
  ['{\n"a": "x\n}', 2],
  ['{\n"a": [1,\n2', 3],
])("the line of an error in JSON is found: %j", (text, line) => {
  expect(lineOfSyntaxError(text, parseJson5)).toBe(line);
});

test("never is a broken line of JSON looked for above the line that is broken", () => {
  const document = fc.array(fc.record({ id: fc.string(), slots: fc.nat() }), { minLength: 1 });
  fc.assert(
    fc.property(document, fc.nat(), (tasks, at) => {
      const lines = JSON.stringify({ tasks }, null, 2).split("\n");
      const broken = 1 + (at % lines.length);
      lines[broken - 1] += " ? ?";
      expect(lineOfSyntaxError(lines.join("\n"), parseJson5)).toBe(broken);
    }),
  );
});
