import { expect, test } from "bun:test";
import fc from "fast-check";
import type { PlainValue } from "../tree.ts";
import { computed, findingsOf, read } from "./testReader.ts";

/** Values that JSON and HCL both have; keys of any text, numbers that are exact in both. */
const values = fc.letrec<{ value: PlainValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc
      .double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 })
      .map((n) => (n === 0 ? 0 : n)),
    fc.string({ unit: "binary" }),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(fc.string({ unit: "grapheme" }), tie("value"), { maxKeys: 5 }),
  ),
})).value;

function printText(text: string): string {
  const escaped = JSON.stringify(text)
    .slice(1, -1)
    .replace(/\\b/g, "\\u0008")
    .replace(/\\f/g, "\\u000c")
    // A backslash before b or f that JSON escaped itself was doubled, and is put back.
    .replace(/\\\\u000([8c])/g, (_, digit: string) => (digit === "8" ? "\\\\b" : "\\\\f"));
  return `"${escaped.replace(/[$%]\{/g, (opening) => `${opening[0]}${opening}`)}"`;
}

function printHcl(value: PlainValue): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return printText(value);
  if (Array.isArray(value)) return `[${value.map(printHcl).join(", ")}]`;
  const entries = Object.entries(value).map(
    ([key, item]) => `${printText(key)} = ${printHcl(item)}`,
  );
  return `{\n${entries.join("\n")}\n}`;
}

test("any value printed as HCL reads back the same", () => {
  fc.assert(
    fc.property(values, (value) => {
      expect(computed(`x = ${printHcl(value)}`)).toEqual(value);
    }),
    { numRuns: 300 },
  );
});

test("jsonencode and jsondecode give any value back", () => {
  fc.assert(
    fc.property(values, (value) => {
      expect(computed(`x = jsondecode(jsonencode(${printHcl(value)}))`)).toEqual(value);
    }),
    { numRuns: 200 },
  );
});

test("a heredoc gives any lines back", () => {
  const line = fc.string({ unit: "grapheme" }).filter((text) => !/[\r\n]|[$%]\{|EOT/.test(text));
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const text = lines.map((part) => `${part}\n`).join("");
      expect(computed(`x = <<EOT\n${text}EOT\n`)).toBe(text);
    }),
  );
});

test("random text never crashes the reader, and what is wrong has a place in the text", () => {
  const token = fc.constantFrom(
    ..."{ } [ ] ( ) = => == : , . ... ? ! < > + - * / % \" ' \\ ~ ${ %{ $${ <<EOT EOT # // /* */".split(
      " ",
    ),
    ..."a b for in if else endif x var. local. 1 2.5 true null dynamic content for_each locals".split(
      " ",
    ),
    "\n",
    " ",
    "upper(",
    'variable "x" {',
  );
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(token).map((parts) => parts.join(" ")),
  );
  fc.assert(
    fc.property(text, (written) => {
      const { body, findings } = read(written);
      const lines = written.toWellFormed().split("\n");
      for (const { range } of findings) {
        const line = lines[(range?.start.line ?? 1) - 1];
        expect(line).toBeDefined();
        expect(range?.start.column ?? 1).toBeLessThanOrEqual([...(line ?? "")].length + 2);
      }
      expect(body === null).toBe(findings.length > 0);
    }),
    { numRuns: 2000 },
  );
});

test("a cut or changed job file never crashes the reader", () => {
  const job = `locals { a = 1 }
job "a" {
  x = [for k, v in { a = "\${local.a}" } : "\${k}-\${v}" if k != "b"]
  t = <<-EOT
    one \${attr.kernel.name} %{ if true }yes%{ endif }
  EOT
  dynamic "g" {
    for_each = toset(["x"])
    labels = [g.value]
    content { y = g.key }
  }
}
`;
  const place = fc.nat({ max: job.length });
  fc.assert(
    fc.property(place, place, fc.string({ maxLength: 3 }), (from, length, inserted) => {
      const text = job.slice(0, from) + inserted + job.slice(from + (length % 20));
      read(text);
    }),
    { numRuns: 1000 },
  );
});

const DEEP = 100_000;

test.each([
  ["brackets", `x = ${"[".repeat(DEEP)}`],
  ["parentheses", `x = ${"(".repeat(DEEP)}`],
  ["braces", `x = ${"{a=".repeat(DEEP)}`],
  ["blocks", "a {\n".repeat(DEEP)],
  ["minus signs", `x = ${"-".repeat(DEEP)}1`],
  ["conditionals", `x = ${"true ? 1 : ".repeat(DEEP)}1`],
  ["templates", `x = ${'"${'.repeat(DEEP)}`],
  ["directives", `x = "${"%{ if true }".repeat(DEEP)}"`],
  ["calls", `x = ${"f(".repeat(DEEP)}`],
  ["indexes", `x = ${"a[".repeat(DEEP)}`],
])("%s nested too deep are refused at their place", (_, text) => {
  expect(findingsOf(text)[0]).toContain("expected at most 100 levels of nesting");
});

test.each([
  ["names", `x = local${".a".repeat(DEEP)}`],
  ["operators", `x = 1${" + 1".repeat(DEEP)}`],
  ["splats", `x = [1]${"[*]".repeat(DEEP)}`],
])("a chain of too many %s is refused", (_, text) => {
  expect(findingsOf(text)[0]).toMatch(/parts in a chain|levels of nesting/);
});

test("values that double without end are refused", () => {
  const doubling = (seed: string, next: (name: string) => string) => {
    const steps = Array.from(
      { length: 80 },
      (_, step) => `a${step + 1} = ${next(`local.a${step}`)}`,
    );
    return `locals {\na0 = ${seed}\n${steps.join("\n")}\n}\nx = local.a80`;
  };
  const lists = doubling("[1]", (name) => `[${name}, ${name}]`);
  expect(findingsOf(lists).join()).toMatch(/expected a value of at most/);
  const flat = doubling("[1]", (name) => `concat(${name}, ${name})`);
  expect(findingsOf(flat).join()).toMatch(/expected a value of at most/);
  const texts = doubling('"ab"', (name) => `"\${${name}}\${${name}}"`);
  expect(findingsOf(texts).join()).toMatch(/expected a text of at most/);
});

test("loops in loops without end are refused", () => {
  const loop = (inner: string) => `[for i in range(1000) : ${inner}]`;
  const text = `x = length(${loop(`length(${loop(`length(${loop("1")})`)})`)})`;
  expect(findingsOf(text)[0]).toContain("steps, found more");
});

test("a chain of locals of any length is evaluated", () => {
  const steps = Array.from({ length: 20_000 }, (_, step) => `a${step} = local.a${step + 1}`);
  expect(computed(`locals {\n${steps.join("\n")}\na20000 = 7\n}\nx = local.a0`)).toBe(7);
});
