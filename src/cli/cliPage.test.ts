import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SERVER_COMMANDS } from "./command/help.ts";
import { OBJECTS } from "./commands.ts";

test("docs/cli.md has a row for every command, and for no other", () => {
  const page = readFileSync(join(import.meta.dir, "../../docs/cli.md"), "utf8");
  const rows = [...page.matchAll(/^\| `stint ([a-z]+)(?: ([a-z]+))?[ `]/gm)].map(
    ([, object, action]) => (action === undefined ? object : `${object} ${action}`),
  );
  const commands = Object.entries(OBJECTS).flatMap(([object, { actions }]) =>
    Object.keys(actions).map((action) => `${object} ${action}`),
  );
  expect(rows.sort()).toEqual([...commands, ...Object.keys(SERVER_COMMANDS)].sort());
});
