import { expect, test } from "bun:test";
import { bare, flag, list, named, number, text, toggle } from "./option.ts";
import { expandOptionWords } from "./optionWords.ts";

const OPTIONS = {
  id: text("id", "id", ""),
  jobId: text("ji", "job-id", ""),
  number: number("in", "number", ""),
  env: list("en", "NAME=VALUE", ""),
  follow: flag("f", ""),
  tty: toggle("t", ""),
  job: bare(text("jo", "job", "")),
  stderr: flag("se", ""),
  checkIndex: named("check-index", number("ci", "number", "")),
  noDeadline: named("no-deadline", flag("nd", "")),
};

function expanded(...words: string[]): string[] {
  return expandOptionWords(OPTIONS, words);
}

test("two-letter options become their long form, with the value as next word or behind =", () => {
  expect(expanded("-id", "x", "-in=71", "-se")).toEqual(["--id", "x", "--number=71", "--stderr"]);
});

test("a long name is one word in lower case", () => {
  expect(expanded("-ji", "j")).toEqual(["--jobid", "j"]);
});

test("a value may look like an option", () => {
  expect(expanded("-id", "-in", "-in", "-5")).toEqual(["--id", "-in", "--number", "-5"]);
  expect(expanded("--id", "-se", "-se")).toEqual(["--id", "-se", "--stderr"]);
});

test("a value keeps its equals signs", () => {
  expect(expanded("-en=A=b=c")).toEqual(["--env=A=b=c"]);
});

test("a long name takes one dash or two, and dashes within or none", () => {
  const one = ["--checkindex", "3", "--nodeadline"];
  expect(expanded("-check-index", "3", "-no-deadline")).toEqual(one);
  expect(expanded("--check-index", "3", "--no-deadline")).toEqual(one);
  expect(expanded("-checkindex", "3", "--nodeadline")).toEqual(one);
  expect(expanded("-follow", "-env=A=b")).toEqual(["--follow", "--env=A=b"]);
});

test("one letter is a name as well, and words and unknown options stay as they are", () => {
  expect(expanded("-f", "job", "-zz", "-", "-5", "-id")).toEqual([
    "--follow",
    "job",
    "-zz",
    "-",
    "-5",
    "--id",
  ]);
});

test("nothing behind two dashes is touched", () => {
  expect(expanded("-id", "x", "--", "-id", "y")).toEqual(["--id", "x", "--", "-id", "y"]);
});

test("several of one letter may stand in one word, unless one of them wants a value", () => {
  expect(expanded("-ft", "-tf")).toEqual(["--follow", "--tty=true", "--tty=true", "--follow"]);
  expect(expanded("-fi", "-ftz", "--ft")).toEqual(["-fi", "-ftz", "--ft"]);
  // A name goes before letters.
  expect(expanded("-se")).toEqual(["--stderr"]);
});

test("an option that may stand bare takes the next word unless that is an option", () => {
  expect(expanded("-job", "web", "-f")).toEqual(["--job", "web", "--follow"]);
  expect(expanded("-job", "-f")).toEqual(["--job=", "--follow"]);
  expect(expanded("-f", "-job")).toEqual(["--follow", "--job="]);
});
