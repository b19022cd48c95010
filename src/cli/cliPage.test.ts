import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SERVER_COMMANDS } from "./command/help.ts";
import { OBJECTS } from "./commands.ts";
import { FakeServer, ran } from "./testCli.ts";

const page = readFileSync(join(import.meta.dir, "../../docs/cli.md"), "utf8");

test("docs/cli.md has a row for every command, and for no other", () => {
  const rows = [...page.matchAll(/^\| `stint ([a-z]+)(?: ([a-z]+))?[ `]/gm)].map(
    ([, object, action]) => (action === undefined ? object : `${object} ${action}`),
  );
  const commands = Object.entries(OBJECTS).flatMap(([object, { actions }]) =>
    Object.keys(actions).map((action) => `${object} ${action}`),
  );
  expect(rows.sort()).toEqual([...commands, ...Object.keys(SERVER_COMMANDS)].sort());
});

/** `job stop, -global` of "`job stop` has no `-global`"; "`node status` and `drain` have no" are both of node. */
function absentOptions(text: string): string[] {
  const list = /(?:`[^`]+`(?:, | and )?)+/.source;
  const sentence = new RegExp(`(${list}) (?:(?:has|have) )?no (${list})`, "g");
  const quoted = (words = "") => [...words.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
  return [...text.matchAll(sentence)].flatMap(([, commands, options]) => {
    const named = quoted(commands);
    const [object] = (named[0] ?? "").split(" ");
    const actions = named.map((name) => (name.includes(" ") ? name : `${object} ${name}`));
    return actions.flatMap((action) => quoted(options).map((option) => `${action} ${option}`));
  });
}

test("docs/cli.md names as missing only options that are refused", async () => {
  const section = page.slice(page.indexOf("## What differs from Nomad")).replaceAll(/\s+/g, " ");
  const absent = absentOptions(section);
  expect(absent).toContain("node drain -self");
  expect(absent.length).toBeGreaterThan(40);
  const server = new FakeServer({});
  const known: string[] = [];
  for (const words of absent) {
    const option = words.split(" ").at(-1);
    const { exitCode, stderr } = await ran(words.split(" "), server);
    const isRefused = stderr.startsWith(`error: Unknown option '${option}'`);
    const expected = words.startsWith("job plan ") ? 255 : 2;
    if (exitCode !== expected || !isRefused) known.push(`${words}: ${stderr}`);
  }
  expect(known).toEqual([]);
  expect(server.requests).toEqual([]);
});
