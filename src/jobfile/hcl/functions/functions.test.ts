import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { PlainValue } from "../../tree.ts";
import { computed, findingsOf } from "../testReader.ts";
import { FUNCTIONS, REFUSED_FUNCTIONS, SPECIAL_FUNCTIONS } from "./table.ts";

const OUTSIDE = {
  readFile: (path: string) => (path === "motd.txt" ? "hello\n" : null),
  workingDirectory: "/jobs",
  homeDirectory: "/home/kim",
  digest: (algorithm: string, text: string) => createHash(algorithm).update(text).digest("hex"),
  bcrypt: (text: string, cost: number) => `hash of ${text} at ${cost}`,
  yaml: {
    parse: (text: string): unknown => parse(text),
    print: (value: PlainValue) => stringify(value),
  },
};

/* biome-ignore-start lint/suspicious/noTemplateCurlyInString: HCL, not JavaScript */
const RESULTS: readonly (readonly [string, PlainValue])[] = [
  ["abs(-3)", 3],
  ["ceil(1.2)", 2],
  ["floor(-1.2)", -2],
  ["log(8, 2)", 3],
  ["max(1, 5, 3)", 5],
  ["min([4, 2]...)", 2],
  ['parseint("ff", 16)', 255],
  ['parseint("-101", 2)', -5],
  ["pow(2, 10)", 1024],
  ["signum(-7)", -1],
  ["range(3)", [0, 1, 2]],
  ["range(1, 4)", [1, 2, 3]],
  ["range(4, 0, -2)", [4, 2]],
  ['tonumber("1.5")', 1.5],
  ['chomp("a\\r\\n\\n")', "a"],
  ['indent(2, "a\\nb")', "a\n  b"],
  ['join(", ", ["a", "b"], ["c"])', "a, b, c"],
  ['lower("ÄB")', "äb"],
  ['upper("äb")', "ÄB"],
  ['title("hello big world")', "Hello Big World"],
  ['replace("a.b.c", ".", "$1")', "a$1b$1c"],
  ['reverse(["a", "b"])', ["b", "a"]],
  ['reverse("abc")', "cba"],
  ['strrev("añ👍🏽")', "👍🏽ña"],
  ['split(",", "a,b,,c")', ["a", "b", "", "c"]],
  ['strlen("é👍🏽서")', 3],
  ['substr("hello", 1, 3)', "ell"],
  ['substr("hello", -3, -1)', "llo"],
  ['trim("??hi!?", "?!")', "hi"],
  ['trimprefix("hello", "he")', "llo"],
  ['trimsuffix("hello", "lo")', "hel"],
  ['trimspace("  a b\\n")', "a b"],
  ['startswith("hello", "he")', true],
  ['endswith("hello", "he")', false],
  ["tostring(12)", "12"],
  ["tostring(null)", null],
  ['tobool("true")', true],
  ['format("%s is %d and %v", "x", 5, true)', "x is 5 and true"],
  [
    'format("%05.1f|%-4s|%4s|%x|%X|%b|%o", 3.14159, "a", "b", 255, 255, 5, 8)',
    "003.1|a   |   b|ff|FF|101|10",
  ],
  ['format("%q %% %t %+d", "a\\"b", false, 3)', '"a\\"b" % false +3'],
  ['format("%[2]s %[1]s", "a", "b")', "b a"],
  ['format("%e %g", 12345.678, 0.5)', "1.234568e+04 0.5"],
  ['format("%v", [1, "a"])', '[1,"a"]'],
  ['formatlist("%s:%d", ["a", "b"], 80)', ["a:80", "b:80"]],
  ['regex("[a-z]+", "12abc34")', "abc"],
  ['regex("(\\\\d+)-(\\\\d+)", "10-20")', ["10", "20"]],
  ['regex("(?P<y>\\\\d{4})-(?P<m>\\\\d\\\\d)", "2026-11")', { y: "2026", m: "11" }],
  ['regexall("[[:alpha:]]", "a1b2")', ["a", "b"]],
  ['regex_replace("hello world", "(?i)(W\\\\w+)", "<$1>")', "hello <world>"],
  ['regex_replace("a-b", "(?P<x>a)-b", "$${x}!")', "a!"],
  ["chunklist([1, 2, 3], 2)", [[1, 2], [3]]],
  ['coalesce(null, "", "x")', "x"],
  ["coalescelist([], [1])", [1]],
  ['compact(["a", "", null, "b"])', ["a", "b"]],
  ["concat([1], [2, 3], [])", [1, 2, 3]],
  ['contains(["a"], "a")', true],
  ["distinct([1, 2, 1, [1], [1]])", [1, 2, [1]]],
  ["element([1, 2, 3], 4)", 2],
  ["element([1, 2, 3], -1)", 3],
  ["flatten([[1, [2]], 3, []])", [1, 2, 3]],
  ['index(["a", "b"], "b")', 1],
  ["length([1, 2])", 2],
  ["length({ a = 1 })", 1],
  ['length("abc")', 3],
  ["slice([1, 2, 3, 4], 1, 3)", [2, 3]],
  ['sort(["b", "a", "C"])', ["C", "a", "b"]],
  ["keys({ b = 1, a = 2 })", ["a", "b"]],
  ["values({ b = 1, a = 2 })", [2, 1]],
  ['lookup({ a = 1 }, "a", 2)', 1],
  ['lookup({ a = 1 }, "b", 2)', 2],
  ["merge({ a = 1, b = 1 }, null, { b = 2 })", { a: 1, b: 2 }],
  ['zipmap(["a", "b"], [1, 2])', { a: 1, b: 2 }],
  ['tolist(["a", 1])', ["a", "1"]],
  ["tomap({ a = 1 })", { a: 1 }],
  ["toset([2, 1, 2])", [1, 2]],
  [
    "setproduct([1, 2], [3])",
    [
      [1, 3],
      [2, 3],
    ],
  ],
  ["setintersection([1, 2, 3], [3, 2])", [2, 3]],
  ["setunion([2], [1, 2])", [1, 2]],
  ["setsubtract([1, 2, 3], [2])", [1, 3]],
  ['base64encode("é")', "w6k="],
  ['base64decode("w6k=")', "é"],
  ['csvdecode("a,b\\n1,\\"x,\\"\\"y\\"\\n")', [{ a: "1", b: 'x,"y' }]],
  ['jsondecode("{\\"a\\":[1,null]}")', { a: [1, null] }],
  ['jsonencode({ b = "<", a = [1.5, true] })', '{"a":[1.5,true],"b":"\\u003c"}'],
  ['urlencode("a b&c/é")', "a+b%26c%2F%C3%A9"],
  ['yamldecode("a: [1, x]")', { a: [1, "x"] }],
  ["yamlencode({ a = [1] })", "a:\n  - 1\n"],
  ['formatdate("DD MMM YYYY hh:mm:ss ZZZ", "2026-11-21T03:20:05Z")', "21 Nov 2026 03:20:05 UTC"],
  [
    "formatdate(\"EEEE, H 'o''clock' AA, Z\", \"2026-11-21T15:20:05+09:00\")",
    "Saturday, 3 o'clock PM, +09:00",
  ],
  ['timeadd("2026-12-31T23:30:00Z", "1h30m")', "2027-01-01T01:00:00Z"],
  ['timeadd("2026-03-01T00:00:00+01:00", "-1s")', "2026-02-28T23:59:59+01:00"],
  ["timestamp()", "2026-11-18T11:06:40Z"],
  ['abspath("a/../b")', "/jobs/b"],
  ['basename("/a/b.txt")', "b.txt"],
  ['dirname("/a/b.txt")', "/a"],
  ['dirname("b.txt")', "."],
  ['file("motd.txt")', "hello\n"],
  ['fileexists("nope")', false],
  ['pathexpand("~/x")', "/home/kim/x"],
  ['cidrhost("10.1.2.0/24", 5)', "10.1.2.5"],
  ['cidrhost("10.1.2.0/24", -1)', "10.1.2.255"],
  ['cidrhost("fd00::/64", 18)', "fd00::12"],
  ['cidrnetmask("172.16.0.0/12")', "255.240.0.0"],
  ['cidrsubnet("10.0.0.0/8", 8, 2)', "10.2.0.0/16"],
  ['cidrsubnets("10.0.0.0/16", 4, 8)', ["10.0.0.0/20", "10.0.16.0/24"]],
  ['md5("a")', "0cc175b9c0f1b6a831c399e269772661"],
  ['sha1("a")', "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"],
  ['substr(sha256("a"), 0, 8)', "ca978112"],
  ['strlen(sha512("a"))', 128],
  ['bcrypt("a", 5)', "hash of a at 5"],
  ["uuidv4()", "88888888-8888-4888-8888-888888888888"],
  ['try(1 / 0, "b")', "b"],
  ["can(1 / 0)", false],
  ['convert(["1", 2], list(number))', [1, 2]],
];

for (const [expression, expected] of RESULTS) {
  test(`${expression} is computed`, () => {
    expect(computed(`x = ${expression}`, OUTSIDE)).toEqual(expected);
  });
}

const FAILURES: readonly (readonly [string, string])[] = [
  ["upper([])", "1:11 upper: expected a text, found a list"],
  ["upper()", "1:5 expected upper(text), found 0 arguments"],
  ['parseint("zz", 10)', '1:14 parseint: expected a whole number of base 10, found "zz"'],
  ["element([], 0)", "1:13 element: expected a list with items, found none"],
  ['file("nope")', "1:10 file: expected a file that can be read, found none at nope"],
  ['regex("(", "a")', "1:11 regex: expected a regular expression"],
  ['regex("(?=a)", "a")', "1:11 regex: expected a pattern without look-around"],
  ['jsondecode("{")', "1:16 jsondecode: expected JSON"],
  ['format("%d", "x")', '1:5 format: expected a number for %d, found the text "x"'],
  ['format("%s")', "1:12 format: expected an argument for %s, found none"],
  ['cidrhost("10.0.0.0", 1)', "1:14 cidrhost: expected a prefix such as 10.0.0.0/8"],
  ['timeadd("x", "1h")', "1:13 timeadd: expected a time such as 2026-11-21T03:20:00Z"],
  ['upper("${attr.cpu.arch}")', "1:11 upper expects a value that is known now"],
  ["range(5000)", "1:5 range: expected at most 1024 numbers, found 5000"],
];
/* biome-ignore-end lint/suspicious/noTemplateCurlyInString: HCL, not JavaScript */

for (const [expression, expected] of FAILURES) {
  test(`${expression} says what it expected and where`, () => {
    const [first = ""] = findingsOf(`x = ${expression}`, OUTSIDE);
    expect(first).toStartWith(expected);
  });
}

test("every function is tried by these tests", () => {
  const tried = RESULTS.map(([expression]) => expression).join(" ");
  const names = [...FUNCTIONS.keys(), ...SPECIAL_FUNCTIONS.keys()];
  expect(names.filter((name) => !new RegExp(`\\b${name}\\(`).test(tried))).toEqual([]);
});

test("functions without what they need from outside say so", () => {
  for (const call of ['file("a")', 'sha1("a")', 'yamldecode("a")', 'abspath("a")', 'bcrypt("a")']) {
    expect(findingsOf(`x = ${call}`)[0]).toContain("cannot be had here");
  }
});

test("refused functions are told with their place and a way out", () => {
  for (const name of REFUSED_FUNCTIONS.keys()) {
    expect(findingsOf(`x = [1, ${name}("a")]`)).toEqual([
      `1:9 expected an offered function, found \`${name}\``,
    ]);
  }
});

test("docs/hcl.md lists the functions of the table and the refused ones", () => {
  const page = readFileSync(join(import.meta.dir, "../../../../docs/hcl.md"), "utf8");
  const rows = [...page.matchAll(/^\| `([^`]+)` \| (.*) \|$/gm)].map((row) => [row[1], row[2]]);
  const known = [...FUNCTIONS.values(), ...SPECIAL_FUNCTIONS.values()].map((row) => [
    row.signature,
    row.does,
  ]);
  const refused = [...REFUSED_FUNCTIONS].map(([name, reason]) => [`${name}(...)`, reason]);
  const byName = (a: (string | undefined)[], b: (string | undefined)[]) =>
    String(a[0]) < String(b[0]) ? -1 : 1;
  expect(rows.sort(byName)).toEqual([...known, ...refused].sort(byName));
});
