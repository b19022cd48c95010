import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EVENT_TYPES } from "./event.ts";

test("docs/events.md has a row for every type of event, and for no other", () => {
  const page = readFileSync(join(import.meta.dir, "../../docs/events.md"), "utf8");
  const rows = [...page.matchAll(/^\| `(\w+Event)` \|/gm)].map((match) => match[1] ?? "");
  expect(rows.sort()).toEqual([...EVENT_TYPES].sort());
});
