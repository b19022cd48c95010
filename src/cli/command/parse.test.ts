import { expect, test } from "bun:test";
import { UsageError } from "../failure.ts";
import { bare, flag, list, number, required, text, toggle, withDefault, word } from "./option.ts";
import { parseOptions } from "./parse.ts";

const ACTION = {
  options: {
    jobId: required(text("ji", "job-id", "")),
    id: text("id", "task-id", ""),
    state: word("st", { active: "", completed: "" }, ""),
    limit: withDefault(number("lm", "number", ""), 30),
    priority: number("pr", "number", "", -1000, 1000),
    nodeId: list("ni", "node-id", "", "commas"),
    env: list("en", "NAME=VALUE", ""),
    follow: flag("f", ""),
  },
  operands: ["jobId", "id"],
};

function parsed(...words: string[]) {
  return parseOptions(ACTION, words);
}

function refused(...words: string[]): string {
  try {
    parsed(...words);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error("Expected a usage error.");
}

test("every option has a value: what was given, its default, or undefined", () => {
  expect(parsed("-ji", "j", "-st", "ACTIVE", "-f")).toEqual({
    jobId: "j",
    id: undefined,
    state: "active",
    limit: 30,
    priority: undefined,
    nodeId: [],
    env: [],
    follow: true,
  });
});

test("long and short forms, values as next word or behind =, mean the same", () => {
  const both = parsed("-ji", "j", "-lm", "5", "-pr", "-7");
  expect(parsed("--jobid=j", "--limit=5", "--priority=-7")).toEqual(both);
  expect(both).toMatchObject({ limit: 5, priority: -7 });
});

test("lists are repeated, and where ids are wanted also written with commas", () => {
  const given = parsed("j", "-ni", "a,b", "-ni", "c", "-en", "A=1,2", "-en", "B=3");
  expect(given).toMatchObject({ nodeId: ["a", "b", "c"], env: ["A=1,2", "B=3"] });
});

test("words alone are the operands that were not given by name", () => {
  expect(parsed("j", "t")).toMatchObject({ jobId: "j", id: "t" });
  expect(parsed("t", "-ji", "j")).toMatchObject({ jobId: "j", id: "t" });
  expect(parsed("-f", "j", "--", "-id")).toMatchObject({ jobId: "j", id: "-id", follow: true });
});

test("what does not fit is refused with what was expected and given", () => {
  expect(refused()).toBe("Expected -ji,--jobid <job-id> and got nothing.");
  expect(refused("j", "t", "more")).toBe('Expected no further word and got "more".');
  expect(refused("j", "-lm", "-1")).toBe(
    'Expected a whole number of at least 0 as -lm,--limit and got "-1".',
  );
  expect(refused("j", "-lm", "1e3")).toBe(
    'Expected a whole number of at least 0 as -lm,--limit and got "1e3".',
  );
  for (const given of ["abc", "9999", "-9999", "1.5"]) {
    expect(refused("j", "-pr", given)).toBe(
      `Expected a whole number from -1000 to 1000 as -pr,--priority and got "${given}".`,
    );
  }
  expect(refused("j", "-st", "done")).toBe(
    'Expected one of active, completed as -st,--state and got "done".',
  );
  expect(refused("j", "--limt", "3")).toBe("Unknown option '--limt' (Did you mean --limit?).");
  expect(refused("j", "-zz")).toBe("Unknown option '-zz'.");
  expect(refused("j", "-id")).toBe("Expected -id,--id <task-id> and got no value.");
});

const RUN = {
  options: {
    tty: toggle("t", ""),
    task: text("ta", "task", ""),
    force: flag("f", ""),
    job: bare(text("jo", "job", "")),
    words: list("wd", "word", ""),
  },
  operands: [],
  rest: "words",
};

test("a toggle is on, off, or neither, and never takes the next word", () => {
  const tty = (...words: string[]) => parseOptions(RUN, words)["tty"];
  expect([tty(), tty("-t"), tty("--tty", "false")]).toEqual([undefined, true, true]);
  expect([tty("-t=false"), tty("-tty=1"), tty("--tty=F")]).toEqual([false, true, false]);
  expect(() => tty("-t=perhaps")).toThrow('Expected true or false as -t,--tty and got "perhaps".');
});

test("from the first word that is no option on, words belong to the rest, whatever they look like", () => {
  const parse = (...words: string[]) => parseOptions(RUN, words);
  expect(parse("-ta", "web", "-f", "ID", "ls", "-t", "--", "-zz")).toMatchObject({
    tty: undefined,
    task: "web",
    force: true,
    words: ["ID", "ls", "-t", "--", "-zz"],
  });
  expect(parse("--task=web", "--", "-t", "x")).toMatchObject({ task: "web", words: ["-t", "x"] });
  expect(parse("-t", "-")).toMatchObject({ tty: true, words: ["-"] });
  expect(parse()).toMatchObject({ words: [] });
  expect(parse("-tf", "ID", "-f")).toMatchObject({ tty: true, force: true, words: ["ID", "-f"] });
  expect(parse("-jo", "web", "-t", "ls")).toMatchObject({ job: "web", tty: true, words: ["ls"] });
  for (const option of [["-t"], ["-ta", "x"], ["--"]]) {
    expect(parse("-jo", ...option, "web", "ls")).toMatchObject({ job: "", words: ["web", "ls"] });
  }
  expect(() => parse("-zz", "ID")).toThrow("Unknown option '-zz'.");
});
