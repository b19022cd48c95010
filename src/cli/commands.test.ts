import { expect, test } from "bun:test";
import { bashCompletion } from "./command/completion.ts";
import { actionHelp, objectHelp, rootHelp } from "./command/help.ts";
import { longName } from "./command/option.ts";
import { GENERAL } from "./command/shared.ts";
import { OBJECTS } from "./commands.ts";

const ACTIONS = Object.entries(OBJECTS).flatMap(([object, { actions }]) =>
  Object.entries(actions).map(([name, action]) => ({
    path: `${object} ${name}`,
    object,
    name,
    action,
  })),
);

test.each(ACTIONS)("$path has options that can be told apart", ({ action }) => {
  const options = { ...action.options, ...GENERAL };
  const shorts = Object.values(options).map(({ short }) => short);
  const longs = Object.entries(options).map((option) => longName(...option));
  expect(Object.keys(options)).toHaveLength(
    Object.keys(action.options).length + Object.keys(GENERAL).length,
  );
  expect(new Set(shorts).size).toBe(shorts.length);
  expect(new Set(longs).size).toBe(longs.length);
  expect(longs.map((long) => long.replaceAll("-", ""))).toEqual(
    Object.keys(options).map((key) => key.toLowerCase()),
  );
  expect(shorts.every((short) => /^[a-z]{2}$|^[efinpt]$|^st[gl]e$/.test(short))).toBe(true);
  expect(action.operands.every((key) => key in action.options)).toBe(true);
});

test.each(ACTIONS)("$path has a module that runs it", async ({ action }) => {
  expect(await action.load()).toBeInstanceOf(Function);
});

test.each(ACTIONS)("$path fits its help into usual terminals", ({ object, name, action }) => {
  const lines = actionHelp(object, name, action, GENERAL).split("\n");
  expect(lines.filter((line) => line.length > 110)).toEqual([]);
});

test("objects and their actions stand in help in 80 columns", () => {
  const helps = [
    rootHelp(OBJECTS),
    ...Object.entries(OBJECTS).map(([name, object]) => objectHelp(name, object)),
  ];
  const lines = helps.flatMap((help) => help.split("\n"));
  expect(lines.filter((line) => line.length > 100)).toEqual([]);
});

test("completion for bash knows every action and its options", () => {
  const script = bashCompletion(OBJECTS);
  for (const { path, object, action } of ACTIONS) {
    const options = Object.entries(action.options)
      .filter(([key]) => key !== action.rest)
      .map((option) => `--${longName(...option)}`);
    expect(script).toContain(`    ${object}) words="`);
    expect(script).toContain(`    "${path}") words="${[...options, "--json"].join(" ")} `);
  }
});
