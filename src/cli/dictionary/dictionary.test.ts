import { expect, test } from "bun:test";
import { TIME } from "../fixtures.ts";
import { FakeServer, ran, refusal, TEST_URL } from "../testCli.ts";

const RM = {
  word: "rm",
  class: "forbidden",
  description: "deletes files",
  creationTime: TIME,
  createdBy: "admin",
};

test("restricted commands are listed with their classes", async () => {
  const server = new FakeServer({ "GET /restricted-commands": { items: [RM], total: 3 } });
  const words = "dictionary list -wd r -cl F -lm 1".split(" ");
  expect(await ran(words, server)).toEqual({
    exitCode: 0,
    stdout: `+------+-----------+---------------+------------------+------------+
| WORD | CLASS     | DESCRIPTION   | CREATED AT       | CREATED BY |
+------+-----------+---------------+------------------+------------+
| rm   | forbidden | deletes files | 2026/11/21 03:20 | admin      |
+------+-----------+---------------+------------------+------------+

ROWS COUNT : 1/3
`,
    stderr: `Requesting ${TEST_URL}\n`,
  });
  expect(server.requests[0]?.query).toEqual({
    ...{ word: "r", class: "forbidden" },
    ...{ limit: "1", offset: "0" },
  });
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual({ items: [RM] });
});

test("a command is restricted, and taken out again", async () => {
  const server = new FakeServer({
    "PUT /restricted-commands/rm": RM,
    "DELETE /restricted-commands/rm": () => new Response(null, { status: 204 }),
    "DELETE /restricted-commands/dd": refusal(404, "RestrictedCommandNotFound", "None."),
  });
  const add = ["dictionary", "add", "rm", "-cl", "f", "-de", "deletes files"];
  expect((await ran(add, server)).stdout).toBe("rm has been added successfully.\n");
  expect(server.requests[0]?.body).toEqual({ class: "forbidden", description: "deletes files" });
  expect(JSON.parse((await ran([...add, "--json"], server)).stdout)).toEqual(RM);
  const remove = ["dictionary", "delete", "-wd"];
  expect((await ran([...remove, "rm"], server)).stdout).toBe("rm has been deleted successfully.\n");
  expect((await ran([...remove, "dd"], server)).exitCode).toBe(1);
  expect((await ran(["dictionary", "add", "rm"], server)).exitCode).toBe(2);
});
