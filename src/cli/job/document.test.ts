import { expect, test } from "bun:test";
import { SourceDocument } from "./document.ts";

const YAML = `id: nightly
poolInfo:
  poolId: default
priority: high
x: &base
  requiredSlots: 2
tasks:
  - id: a
    commandLine: echo '{'
  - id: b
    requiredSlots: x
    commandLine: |
      echo 1
  - id: c
  - <<: *base
    id: d
`;

// Each row: a path, the place of its value as line:column, and of its key.
test.each([
  ["priority", "4:11", "4:1"],
  ["poolInfo", "2:1", "2:1"],
  ["poolInfo.poolId", "3:11", "3:3"],
  ["tasks[0].commandLine", "9:18", "9:5"],
  ["tasks[1].requiredSlots", "11:20", "11:5"],
  ["tasks[1].commandLine", "12:18", "12:5"],
  ["tasks[2]", "14:5", "14:5"],
  ["tasks[2].commandLine", "14:5", "14:5"],
  ["tasks[3].requiredSlots", "6:18", "6:3"],
  ["tasks[9].id", "7:1", "7:1"],
  ["poolInfo.missing", "2:1", "2:1"],
  ["missing", "1:1", "1:1"],
])("in YAML %s is at %s, its key at %s", (path, value, key) => {
  const document = new SourceDocument(YAML);
  const places = (["value", "key"] as const).map((part) => {
    const { line, column } = document.positionOf(path, part);
    return `${line}:${column}`;
  });
  expect(places).toEqual([value, key]);
});

test("a field of JSON is found where it stands", () => {
  const value = { id: "j", poolInfo: { poolId: "p" }, tasks: [{ id: "a" }, { id: "]{", n: 1 }] };
  const json = JSON.stringify(value, null, 2);
  const document = new SourceDocument(json);
  const lines = json.split("\n");
  for (const [path, text] of [
    ["poolInfo.poolId", '"p"'],
    ["tasks[0].id", '"a"'],
    ["tasks[1].n", "1"],
  ] as const) {
    const { line, column } = document.positionOf(path, "value");
    expect(lines[line - 1]?.slice(column - 1)).toStartWith(text);
  }
});

// Each row: a text, the place of its first mistake, and what is said of it.
test.each([
  ["a: 1\nb: [1, 2\nc: 3\nd: 4\n", "3:1", "Flow sequence in block collection must be"],
  ["a: 1\n\tb: 2\nc: 1\n", "2:1", "Tabs are not allowed as indentation."],
  ["id: j\ntasks:\n  - id: a\n    commandLine: x: y\n  - id: b\n", "4:18", "Nested mappings"],
  ["a: [1,\n  2,\n  3]\nb: *nothing\nc: 1\n", "4:4", "Expected an anchor &nothing above *nothing"],
  ["a: 1\n---\nb: 1\n", "2:1", "Expected one document and got another one behind ---."],
  ["a: 1\n? [b]\n: 2\n", "2:3", "Expected text as the name of a field."],
])("the place of an error in YAML is found: %j", (text, place, message) => {
  const error = new SourceDocument(text).syntaxError();
  expect(`${error?.position.line}:${error?.position.column}`).toBe(place);
  expect(error?.message).toStartWith(message);
});

test("every key that stands twice is found, and a merge is none of them", () => {
  const text = "a: 1\nb: {c: 1, d: 2, c: 3}\n<<: {e: 1}\n<<: {f: 1}\na: 2\ntasks:\n  - b: 1\n";
  expect(new SourceDocument(text).repeatedKeys()).toEqual([
    {
      position: { line: 5, column: 1 },
      message: "Expected each field once and got a again, which stands on line 1 already.",
    },
    {
      position: { line: 2, column: 17 },
      message: "Expected each field once and got c again, which stands on line 2 already.",
    },
  ]);
});
