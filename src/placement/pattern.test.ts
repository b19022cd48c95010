import { expect, test } from "bun:test";
import fc from "fast-check";
import { compilePattern } from "./pattern.ts";

function found(pattern: string, text: string): boolean {
  const compiled = compilePattern(pattern);
  if (compiled === null) throw new Error(`not a pattern: ${pattern}`);
  return compiled.test(text);
}

const ROWS: readonly (readonly [pattern: string, text: string, isFound: boolean])[] = [
  ["", "", true],
  ["a", "", false],
  ["a|", "", true],
  ["[\\w]+", "foobarbaz", true],
  ["^foo$", "foo", true],
  ["^foo$", "foo\n", false],
  ["^foo$", "xfoo", false],
  ["(?m)^foo$", "a\nfoo\nb", true],
  ["\\Afoo\\z", "foo", true],
  ["^(?:dev|test)-\\d{2,3}$", "test-042", true],
  ["^(?:dev|test)-\\d{2,3}$", "test-4", false],
  ["^a{2}$", "aa", true],
  ["^a{2}$", "aaa", false],
  ["^a{2,}$", "aaaa", true],
  ["^a{0,1}$", "aa", false],
  ["a{,2}", "a{,2}", true],
  ["x{", "x{", true],
  ["^a+?b*?$", "aab", true],
  ["^(ab)*$", "abab", true],
  ["^(ab)*$", "aba", false],
  ["^(?P<name>a)(?<other>b)$", "ab", true],
  ["(?i)LINUX", "linux", true],
  ["(?i:L)inux", "linux", true],
  ["(?i:L)INUX", "linux", false],
  ["(?i)a(?-i)b", "AB", false],
  ["(?i)^[^a]$", "A", false],
  ["(?i)É", "é", true],
  ["a.c", "a\nc", false],
  ["(?s)a.c", "a\nc", true],
  ["^.$", "\u{1f600}", true],
  ["[^a-c]", "b", false],
  ["[^a-c]", "d", true],
  ["[]a]", "]", true],
  ["[a-]", "-", true],
  ["[\\-x]", "-", true],
  ["[[:digit:][:upper:]]", "x7", true],
  ["[[:^digit:]]", "7", false],
  ["[\\d.]+$", "v1.2", true],
  ["^[\\x41-\\x43]$", "B", true],
  ["^\\x{1f600}$", "\u{1f600}", true],
  ["^\\101\\.\\*$", "A.*", true],
  ["\\Qa.b\\E+", "a.b", true],
  ["\\Qa.b", "axb", false],
  ["\\bfoo\\b", "a foo b", true],
  ["\\bfoo\\b", "afoob", false],
  ["\\Boo", "foo", true],
  ["^\\p{Greek}\\pL\\P{L}$", "αβ1", true],
  ["^\\s\\S\\W$", " a-", true],
  ["^(?U)a+$", "aa", true],
  ["(a*)*b", "aaac", false],
  ["^(a|b|)+$", "abba", true],
];

for (const [pattern, text, isFound] of ROWS) {
  test(`${JSON.stringify(pattern)} is ${isFound ? "" : "not "}in ${JSON.stringify(text)}`, () => {
    expect(found(pattern, text)).toBe(isFound);
  });
}

test("what RE2 does not know is no pattern", () => {
  const wrong = ["(a", "a)", "[a", "*", "a**", "a{2}{3}", "(?=a)", "(?!a)", "(?<=a)", "(a)\\1"];
  const unknown = ["\\", "\\k", "\\y", "[b-a]", "[[:nope:]]", "\\p{Nope}", "(?x)a", "(?)", "(?i)*"];
  const large = ["a{1001}", "a{3,2}", "((a{100}){100}){100}", "a".repeat(2_001), "\\x{110000}"];
  for (const pattern of [...wrong, ...unknown, ...large, `${"(".repeat(150)}${")".repeat(150)}`]) {
    expect({ pattern, compiled: compilePattern(pattern) }).toEqual({ pattern, compiled: null });
  }
});

test("it agrees with JavaScript's own expressions where both know the syntax", () => {
  const atom = fc.constantFrom("a", "b", ".", "[ab]", "[^a]", "\\w", "\\b", "^", "$", "(?:a|b)");
  const piece = fc.tuple(atom, fc.constantFrom("", "", "*", "+", "?", "{2}", "{1,2}"));
  const text = fc.stringMatching(/^[ab c]{0,8}$/);
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), text, (pieces, subject) => {
      const pattern = pieces
        .map(([one, repeat]) => (/^[\^$\\]/.test(one) && one !== "\\w" ? one : one + repeat))
        .join("");
      expect({ pattern, subject, found: found(pattern, subject) }).toEqual({
        pattern,
        subject,
        found: new RegExp(pattern).test(subject),
      });
    }),
    { numRuns: 1_000 },
  );
});

test("a pattern that backtracking would never finish is answered", () => {
  expect(found("^(a+)+$", `${"a".repeat(200)}b`)).toBe(false);
  expect(found("(a*a*a*a*a*)*c", "a".repeat(200))).toBe(false);
});
