import { expect, test } from "bun:test";
import { LineCounter, parseDocument } from "yaml";
import { readJob } from "../../jobfile/readJob.ts";
import { readStructure } from "../../jobfile/structure/readStructure.ts";
import { plainValue } from "../../jobfile/tree.ts";
import { documentTree } from "./documentTree.ts";

function treeOf(text: string) {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true });
  return documentTree({ document, lines, file: "job.yaml" });
}

test("values, aliases and merged maps come as YAML means them", () => {
  const text = "a: &one {x: 1, y: [true, null]}\nb: *one\nc:\n  <<: *one\n  x: text\n";
  const one = { x: 1, y: [true, null] };
  expect(plainValue(treeOf(text))).toEqual({ a: one, b: one, c: { ...one, x: "text" } });
});

test("mistakes in a job of groups are told with line and column", () => {
  const text = `job:
  example:
    group:
      cache:
        conut: 1
        task:
          redis:
            driver: raw_exec
            config: {command: /x}
            kill_timeout: soon
`;
  const body = readStructure(treeOf(text))?.body;
  if (body === undefined) throw new Error("no job of groups");
  const { findings } = readJob(body, { cronCheck: null, validators: null });
  expect(findings.map(({ code, range }) => [code, range?.file, range?.start])).toEqual([
    ["unsupported_attribute", "job.yaml", { line: 5, column: 9 }],
    ["duration_invalid", "job.yaml", { line: 10, column: 27 }],
  ]);
});
