import { expect, test } from "bun:test";
import fc from "fast-check";
import { splitCommandLine } from "./commandLine.ts";

test.each([
  ["a b  c", ["a", "b", "c"]],
  ["  a\tb\n", ["a", "b"]],
  [`'a b' "c d"`, ["a b", "c d"]],
  [`a'b'"c"d`, ["abcd"]],
  [`'' ""`, ["", ""]],
  [String.raw`a\ b \\ \' \"`, ["a b", "\\", "'", '"']],
  [String.raw`"a\"b\\c\d\$e"`, [String.raw`a"b\c\d$e`]],
  [String.raw`'a\b"c'`, [String.raw`a\b"c`]],
  ["a\\\nb", ["ab"]],
  ['"a\\\nb"', ["ab"]],
  [
    "echo $HOME *.txt | wc > out # no comment",
    ["echo", "$HOME", "*.txt", "|", "wc", ">", "out", "#", "no", "comment"],
  ],
  ["/bin/sh -c 'echo \"$X\"; exit 3'", ["/bin/sh", "-c", 'echo "$X"; exit 3']],
  ["écho 日本", ["écho", "日本"]],
])("words of %j", (text, words) => {
  expect(splitCommandLine(text)).toEqual({ ok: true, words });
});

test.each([
  ["", /^Expected a command line that names a program, and it is empty\.$/],
  [" \t", /it is empty\.$/],
  ["a 'b", /balanced quotes: the single quote at position 3 /],
  ['a "b\\"', /double quote at position 3/],
  ["a\\", /behind the backslash that ends/],
  ["a\0b", /NUL/],
])("no words of %j", (text, reason) => {
  const split = splitCommandLine(text);
  expect(split.ok).toBe(false);
  if (!split.ok) expect(split.reason).toMatch(reason);
});

test("words in single quotes always come back as they were", () => {
  const word = fc.string().filter((text) => !text.includes("\0"));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      const quoted = words.map((text) => `'${text.replaceAll("'", String.raw`'\''`)}'`).join(" ");
      expect(splitCommandLine(quoted)).toEqual({ ok: true, words });
    }),
  );
});

test("any text gives words or a reason, never an exception", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."ab '\"\\\n") }), (text) => {
      const split = splitCommandLine(text);
      expect(split.ok ? split.words.length > 0 : split.reason !== "").toBe(true);
    }),
  );
});
