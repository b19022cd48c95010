import { expect, test } from "bun:test";
import { flag, list, number, text } from "./option.ts";
import { expandShortForms } from "./shortForm.ts";

const OPTIONS = {
  id: text("id", "id", ""),
  jobId: text("ji", "job-id", ""),
  number: number("in", "number", ""),
  env: list("en", "NAME=VALUE", ""),
  follow: flag("f", ""),
  stderr: flag("se", ""),
};

function expanded(...words: string[]): string[] {
  return expandShortForms(OPTIONS, words);
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

test("one letter is left to the parser, and words and unknown options stay as they are", () => {
  expect(expanded("-f", "job", "-zz", "-id")).toEqual(["-f", "job", "-zz", "--id"]);
});

test("nothing behind two dashes is touched", () => {
  expect(expanded("-id", "x", "--", "-id", "y")).toEqual(["--id", "x", "--", "-id", "y"]);
});
