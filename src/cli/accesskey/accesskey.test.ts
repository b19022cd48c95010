import { expect, test } from "bun:test";
import { TIME } from "../fixtures.ts";
import { FakeServer, ran, refusal } from "../testCli.ts";

const KEY = { id: "a1b2", name: "ci", owner: "kim", role: 2, creationTime: TIME };

test("access keys are listed with when they expire", async () => {
  const items = [KEY, { ...KEY, id: "c3", expirationTime: TIME }];
  const server = new FakeServer({ "GET /access-keys": { items, total: 2 } });
  const words = ["accesskey", "list", "-oi", "kim"];
  expect(
    (await ran(words, server)).stdout,
  ).toBe(`+------+------+-------+------+------------------+------------------+
| ID   | NAME | OWNER | ROLE | EXPIRES AT       | CREATED AT       |
+------+------+-------+------+------------------+------------------+
| a1b2 | ci   | kim   | 2    | never            | 2026/11/21 03:20 |
| c3   | ci   | kim   | 2    | 2026/11/21 03:20 | 2026/11/21 03:20 |
+------+------+-------+------+------------------+------------------+

ROWS COUNT : 2/2
`);
  expect(server.requests[0]?.query).toEqual({ owner: "kim", limit: "30", offset: "0" });
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual({ items });
});

test("the secret of a new key stands alone on stdout, ready for a file", async () => {
  const made = { ...KEY, secret: "stint_key_x" };
  const server = new FakeServer({ "POST /access-keys": made });
  const words = ["accesskey", "create", "-nm", "ci", "-ro", "3", "-ei", "720h"];
  const { stdout, stderr } = await ran(words, server);
  expect(stdout).toBe("stint_key_x\n");
  expect(stderr).toContain("a1b2 has been created successfully. Its secret is shown this once:\n");
  expect(server.requests[0]?.body).toEqual({ name: "ci", role: 3, expiresIn: "720h" });
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual(made);
});

test("a key is taken back, and an unknown one is told with the command that lists them", async () => {
  const error = { code: "TokenNotFound", message: "There is no access key x." };
  const fix = "See them with GET /api/v1/access-keys.";
  const server = new FakeServer({
    "DELETE /access-keys/a1b2": () => new Response(null, { status: 204 }),
    "DELETE /access-keys/x": () =>
      Response.json({ error: { ...error, fix }, requestId: "r" }, { status: 404 }),
    "DELETE /access-keys/y": refusal(403, "InsufficientPermissions", "No."),
  });
  const words = ["accesskey", "delete", "-id"];
  expect((await ran([...words, "a1b2"], server)).stdout).toBe(
    "a1b2 has been deleted successfully.\n",
  );
  expect((await ran([...words, "a1b2", "--json"], server)).stdout).toBe("{}\n");
  expect((await ran([...words, "x"], server)).stderr).toEndWith(
    "fix: See them with `stint accesskey list`.\n",
  );
  expect((await ran([...words, "y"], server)).exitCode).toBe(1);
});
