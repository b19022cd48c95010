/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: HCL, not JavaScript */
import { expect, test } from "bun:test";
import { plainValue } from "../tree.ts";
import { computed, findingsOf, given, NO_OPTIONS, read } from "./testReader.ts";
import { readVariableFile } from "./variableFile.ts";

function place(range: { start: { line: number; column: number } } | undefined): string {
  return `${range?.start.line}:${range?.start.column}`;
}

test("blocks, labels, attributes and nested values have their places", () => {
  const { body } = read('job "a" b {\n  args = ["x",\n    { k = [1] }]\n}\n');
  const block = body?.blocks[0];
  expect(place(block?.typeRange)).toBe("1:1");
  expect(block?.labels.map(({ text, range }) => `${text} ${place(range)}`)).toEqual([
    "a 1:5",
    "b 1:9",
  ]);
  expect(block?.range.end).toEqual({ line: 4, column: 2 });
  const args = block?.body.attributes.get("args");
  expect(place(args?.nameRange)).toBe("2:3");
  const list = args?.value;
  if (list?.kind !== "list") throw new Error("expected a list");
  expect(list.items.map((item) => place(item.range))).toEqual(["2:11", "3:5"]);
  const object = list.items[1];
  if (object?.kind !== "object") throw new Error("expected an object");
  expect(place(object.entries.get("k")?.keyRange)).toBe("3:7");
  expect(place(object.entries.get("k")?.value.range)).toBe("3:11");
});

test("columns count characters", () => {
  expect(findingsOf('x = ["é👍서", y]')).toEqual([
    expect.stringContaining("1:13 expected a reference"),
  ]);
});

test("references that only the node knows stay as they were written", () => {
  const text = `locals { k = "\${attr.kernel.name}" }
x = {
  bare = attr.cpu.arch
  lone = "\${node.unique.id}"
  more = "a \${meta.rack-1} \${env["HOME"]} \${NOMAD_PORT_http}-\${device.model} $\${lit} \${1 + 1}"
  local = "on \${local.k}"
  list = join(",", [local.k, "b"])
  json = jsonencode({ a = local.k })
  lines = <<EOT
\${NOMAD_TASK_DIR}/x
EOT
}
`;
  expect(computed(text)).toEqual({
    bare: "${attr.cpu.arch}",
    lone: "${node.unique.id}",
    more: 'a ${meta.rack-1} ${env["HOME"]} ${NOMAD_PORT_http}-${device.model} ${lit} 2',
    local: "on ${attr.kernel.name}",
    list: "${attr.kernel.name},b",
    json: '{"a":"${attr.kernel.name}"}',
    lines: "${NOMAD_TASK_DIR}/x\n",
  });
});

test.each([
  ['attr.a == "x"', "1:5 expected a value that is known now, found the text"],
  ["attr.a ? 1 : 2", "1:5 expected a condition that is known now"],
  ["{ (attr.a) = 1 }", "1:7 expected a key that is known now"],
  ["attr", "1:5 expected a name behind `attr`"],
  ["attr[var]", "1:10 expected a plain text or number"],
  ['"%{ if NOMAD_X }a%{ endif }"', "1:12 expected a condition that is known now"],
])("%s cannot be decided before the node", (expression, expected) => {
  expect(findingsOf(`x = ${expression}`).join("\n")).toContain(expected);
});

test("a lone interpolation keeps the type, others make text", () => {
  expect(computed('x = ["${1 + 1}", "${1 + 1}!", "${[1]}", "${true}", "a${true}"]')).toEqual([
    2,
    "2!",
    [1],
    true,
    "atrue",
  ]);
});

test.each([
  ["1 + 2 * 3 - 4 / 2", 5],
  ["(1 + 2) * 3 % 4", 1],
  ["-2 + 5", 3],
  ["!true || 1 < 2 && 2 <= 2", true],
  ['1 == "1"', false],
  ['"5" + 1', 6],
  ["0.1 + 0.2", 0.3],
  ["[1, 2] == [1, 2] && { a = 1 } != { a = 2 }", true],
  ["false ? 1 : true ? 2 : 3", 2],
  ['"a${pow(10, 21)}"', "a1000000000000000000000"],
  ['"a${0.0000001}"', "a0.0000001"],
  ["[{ a = 1 }, { a = 2 }][*].a", [1, 2]],
  ["[{ a = [1] }, { a = [2] }][*].a[0]", [1, 2]],
  ["[{ a = 1 }, { a = 2 }].*.a[1]", 2],
  ["null[*]", []],
  ["5[*]", [5]],
  ["[null][*]", [null]],
  ["[[1, 2], [3]][0][1]", 2],
  ['{ a = { b = 1 } }["a"].b', 1],
  ["[1, 2].1", 2],
  ["[for x in [1, 2, 3] : x * 2 if x != 2]", [2, 6]],
  ['[for i, x in ["a"] : "${i}${x}"]', ["0a"]],
  ["[for k, v in { b = 1, a = 2 } : k]", ["a", "b"]],
  ['{ for x in ["a", "b"] : x => upper(x) }', { a: "A", b: "B" }],
  ['{ for x in ["a", "b", "a"] : x => 1... }', { a: [1, 1], b: [1] }],
  ['"%{ for x in [1, 2] }${x},%{ endfor }"', "1,2,"],
  ['"%{ if 1 > 2 }yes%{ else }no%{ endif }"', "no"],
  ['"a  ${~ 1 ~}  b"', "a1b"],
  ["max([1, 7]...)", 7],
])("%s is %j", (expression, expected) => {
  expect(computed(`x = ${expression}`)).toEqual(expected);
});

test("a heredoc's indent is taken off, and its directives leave no lines with ~", () => {
  const text =
    "x = <<-EOT\n    a\n      b ${1}\n\n    %{ for i in [1, 2] ~}\n    - ${i}\n    %{ endfor ~}\n  EOT\n";
  expect(computed(text)).toBe("a\n  b 1\n\n    - 1\n    - 2\n");
});

test.each([
  ["1 / 0", "1:5 expected a divisor other than 0 for `/`, found 0"],
  ['1 + "a"', '1:5 expected numbers for `+`, found the text "a"'],
  ["[1][1]", "1:9 expected an index from 0 to 0, found the number 1"],
  ["{ a = 1 }.b", "1:5 expected one of the keys (a), found `b`"],
  ["null.a", "1:5 expected an object with `a`, found null"],
  ['"a${null}"', "1:9 expected a text in this template, found null"],
  ["nope(1)", "1:5 expected a known function, found `nope`"],
  [
    "foo.bar",
    "1:5 expected a reference to var., local., attr., node., meta., env[...], device. or NOMAD_..., found `foo.bar`",
  ],
  ['{ for x in ["a", "a"] : x => 1 }', '1:29 expected different keys, found "a" twice'],
  [
    "12345678901234567890",
    "1:5 expected a number of at most 9007199254740991, found 12345678901234567890",
  ],
])("%s is refused at its place", (expression, expected) => {
  expect(findingsOf(`x = ${expression}`)).toEqual([expected]);
});

test("an unknown reference in a text says how to write it literally", () => {
  expect(read('x = "${HOME}/bin"').findings[0]?.fix).toContain("write `$${HOME}`");
});

test("a name that is nearly right is told with the right one", () => {
  const text = 'variable "count" { default = 1 }\nx = [var.conut, uper("a"), zzzzzz(1)]\n';
  expect(read(text).findings.map(({ fix }) => fix)).toEqual([
    "write `var.count` if that was meant",
    "write `upper` if that was meant",
    undefined,
  ]);
});

test("names are checked also where nothing is evaluated", () => {
  const text = `a = true ? 1 : var.nope
b = false && nofunction(1)
dynamic "c" {
  for_each = []
  content { d = local.nope + c.value }
}
`;
  expect(findingsOf(text)).toEqual([
    "1:16 expected a declared variable (there is none), found `var.nope`",
    "2:14 expected a known function, found `nofunction`",
    "5:17 expected a local value (there is none), found `local.nope`",
  ]);
});

test("all findings of a file come together, in its order", () => {
  const text = `variable "unset" {}
job "a" {
  a = var.undeclared
  b = [1 + "x", upper([]), foo.bar]
  group "g" {
    c = nofunction(other.x)
  }
}
`;
  expect(findingsOf(text).map((finding) => finding.split(" ")[0])).toEqual([
    "1:10",
    "3:7",
    "4:8",
    "4:23",
    "4:28",
    "6:9",
    "6:20",
  ]);
});

test("several mistakes of syntax are told together", () => {
  const text = `job "a" {
  list = [1,
    2 3,
  ]
  ok = 1
  env = {
    a b
  }
  group "g" {
    count = = 2
    name = 'x'
  }
  text = "open
  task {
    a = 1
  }
}
}
b = 1
`;
  expect(findingsOf(text)).toEqual([
    "3:7 expected `,` or `]`, found `3`",
    "7:7 expected `=` or `:` behind the key `a`, found `b`",
    "10:13 expected a value, found `=`",
    "11:12 expected a value, found `'`",
    '13:10 expected a closing `"` on the same line, found none',
    "18:1 expected a name, found `}` that closes nothing",
  ]);
});

test("an open block is told at its beginning", () => {
  expect(findingsOf('job "a" {\n  group "b" {\n    x = 1\n')).toEqual([
    "1:1 expected `}` at the end of this `job` block, found the end of the file",
    "2:3 expected `}` at the end of this `group` block, found the end of the file",
  ]);
});

test("locals may stand in any order and use each other", () => {
  const text =
    'locals { a = "${local.b}!" }\nx = local.a\nlocals {\n  b = local.c[0]\n  c = ["d"]\n}\n';
  expect(computed(text)).toBe("d!");
});

test("a circle of locals is named", () => {
  expect(
    findingsOf("locals {\n  a = local.b\n  b = local.c\n  c = [local.a]\n}\nx = local.b"),
  ).toEqual([
    "2:3 expected locals that do not need each other in a circle, found local.a -> local.b -> local.c -> local.a",
  ]);
});

test("a mistake in a local is told once, not where the local is used", () => {
  expect(findingsOf("locals { a = 1 / 0 }\nx = local.a\ny = [local.a]")).toEqual([
    "1:14 expected a divisor other than 0 for `/`, found 0",
  ]);
});

const DECLARED = `variable "count" { type = number }
variable "name" {
  type = string
  default = "a"
}
variable "list" { default = ["x"] }
variable "shape" {
  type = object({ a = number, b = optional(string, "z") })
  default = { a = 1 }
}
x = [var.count, var.name, var.list, var.shape]
`;

test("variables take what is given by their types, else their defaults", () => {
  const variables = [
    given("count", "1"),
    given("count", "3"),
    given("name", "007"),
    given("list", '["a", 2]'),
    given("shape", '{ a = "5" }'),
  ];
  expect(computed(DECLARED, { variables })).toEqual([3, "007", ["a", 2], { a: 5, b: "z" }]);
  expect(computed(DECLARED, { variables: [given("count", "3")] })).toEqual([
    3,
    "a",
    ["x"],
    { a: 1, b: "z" },
  ]);
});

test("a variable without value and default, and values that do not fit, are told", () => {
  const variables = [given("list", "[1"), given("nope", "1"), given("shape", "{}")];
  expect(findingsOf(DECLARED, { variables })).toEqual([
    "-var: expected a declared variable (count, name, list, shape), found nope",
    "-var: variable list: expected `,` or `]`, found the end of the file",
    "-var: variable shape: expected number at a, found nothing",
    "1:10 expected a value for the variable `count`, found none",
  ]);
  expect(findingsOf(DECLARED, { variables: [given("count", "x")] })).toEqual([
    '-var: variable count: expected number, found the text "x"',
  ]);
});

test("undeclared variables of the environment are no mistake", () => {
  const variables = [{ ...given("other", "1"), origin: "NOMAD_VAR_other", mustBeDeclared: false }];
  expect(findingsOf("x = 1", { variables })).toEqual([]);
});

test("validation tells its message, the value and where it came from", () => {
  const text = `variable "count" {
  type = number
  validation {
    condition = var.count > 0 && var.count < 10
    error_message = "Must be 1 to 9."
  }
}
x = var.count
`;
  expect(computed(text, { variables: [given("count", "9")] })).toBe(9);
  expect(findingsOf(text, { variables: [given("count", "10")] })).toEqual([
    "1:10 variable count: Must be 1 to 9. Found the number 10 (-var).",
  ]);
});

test("defaults of a wrong type, unknown types and unknown attributes are told", () => {
  const text = `variable "a" {
  type = number
  default = "x"
}
variable "b" { type = text }
variable "c" {
  default = 1
  sensitive = true
}
variable "d" {
  default = 1
  validation {
    condition = var.c > 1
    error_message = "No."
  }
}
`;
  expect(findingsOf(text).map((finding) => finding.slice(0, 60))).toEqual([
    '3:13 expected number, found the text "x"',
    "5:10 expected a value for the variable `b`, found none",
    "5:23 expected a type: string, number, bool, any, list(T), se",
    "8:3 expected type, default, description or `validation` in a",
    "13:17 expected only var.d in its condition, found `var.c`",
    "13:17 expected a condition about var.d, found none",
  ]);
});

test("variable files are HCL or JSON, with places", () => {
  const { inputs, findings } = readVariableFile("count = 3\nlist = [1]\n", "prod.hcl", NO_OPTIONS);
  expect(findings).toEqual([]);
  expect(inputs.map(({ name, given: { kind }, range }) => [name, kind, range?.start.line])).toEqual(
    [
      ["count", "value", 1],
      ["list", "value", 2],
    ],
  );
  expect(computed(DECLARED, { variables: inputs })).toEqual([3, "a", [1], { a: 1, b: "z" }]);
  const json = readVariableFile('{"count": 4}', "prod.json", NO_OPTIONS);
  expect(computed(DECLARED, { variables: json.inputs })).toEqual([4, "a", ["x"], { a: 1, b: "z" }]);
  expect(readVariableFile("[1]", "a.json", NO_OPTIONS).findings[0]?.message).toContain(
    "a JSON object",
  );
  expect(readVariableFile("a {}\nb = ", "a.hcl", NO_OPTIONS).findings).toHaveLength(2);
});

test("dynamic blocks make a block of each item, also in each other", () => {
  const text = `job "a" {
  dynamic "port" {
    for_each = { http = [80, 81], db = [] }
    iterator = it
    labels = [it.key]
    content {
      count = length(it.value)
      dynamic "to" {
        for_each = it.value
        content { port = "\${it.key}:\${to.value}:\${to.key}" }
      }
    }
  }
}
`;
  const blocks = read(text).body?.blocks[0]?.body.blocks ?? [];
  expect(blocks.map(({ type, labels }) => [type, labels[0]?.text])).toEqual([
    ["port", "db"],
    ["port", "http"],
  ]);
  expect(place(blocks[0]?.range)).toBe("2:3");
  const inner = blocks[1]?.body.blocks.map(({ body }) => body.attributes.get("port")?.value) ?? [];
  expect(inner.map((value) => (value === undefined ? null : plainValue(value)))).toEqual([
    "http:80:0",
    "http:81:1",
  ]);
});

test("dynamic blocks of the wrong shape are told", () => {
  expect(findingsOf('dynamic "a" {\n  foreach = []\n  content {}\n}')).toEqual([
    "1:1 expected for_each in a dynamic block",
    "2:3 expected for_each, iterator, labels or `content`, found `foreach`",
  ]);
  expect(findingsOf('dynamic "a" {\n  for_each = 5\n  content {}\n}')).toEqual([
    "2:14 expected a list or an object, found the number 5",
  ]);
});

test("a large file is read, with the place of its last line", () => {
  const group = 'group "g" {\n  count = 1\n  args = ["a", "${attr.x}-b", { k = var.n + 1 }]\n}\n';
  const text = `variable "n" { default = 1 }\n${group.repeat(12_000)}`;
  const { body } = read(text);
  expect(body?.blocks).toHaveLength(12_000);
  expect(body?.blocks.at(-1)?.range.start.line).toBe(2 + 4 * 11_999);
});
