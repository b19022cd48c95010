import { describe, expect, test } from "bun:test";
import { readAreas, runCase } from "./suite.ts";

for (const { name, cases } of readAreas(import.meta.dir)) {
  describe(name, () => {
    for (const vector of cases) {
      test(vector.id, async () => {
        expect(await runCase(name, vector)).toEqual([]);
      });
    }
  });
}

test("an area that nobody drives fails and is named", async () => {
  expect(await runCase("astrology", { id: "astrology/1", expect: {} })).toMatchObject([
    { what: "area", got: "astrology" },
  ]);
});

test("what a case expects and its driver does not give is a mismatch", async () => {
  const vector = { id: "a", kind: "client_status", task_states: [], expect: { colour: "red" } };
  expect(await runCase("allocation", vector)).toMatchObject([{ what: "colour" }]);
});
