import { expect, test } from "bun:test";
import { TIME } from "../fixtures.ts";
import { FakeServer, ran } from "../testCli.ts";

test("the server is shown with how it was found", async () => {
  const system = {
    version: "0.1.0",
    startTime: TIME,
    time: TIME,
    store: "sqlite",
    epoch: 1,
    lastEvent: 17,
    defaultProvider: "local",
  };
  const server = new FakeServer({ "GET /system": system });
  expect(
    (await ran(["system", "view"], server)).stdout,
  ).toBe(`+------------------+---------------------+
| FIELD            | VALUE               |
+------------------+---------------------+
| URL              | http://stint.test   |
| FOUND BY         | STINT_SERVER        |
| VERSION          | 0.1.0               |
| START AT         | 2026/11/21 03:20:05 |
| TIME             | 2026/11/21 03:20:05 |
| STORE            | sqlite              |
| EPOCH            | 1                   |
| LAST EVENT       | 17                  |
| DEFAULT PROVIDER | local               |
+------------------+---------------------+
`);
});

test("health is 0 only when the server is well", async () => {
  const health = async (status: string) =>
    (await ran(["system", "health"], new FakeServer({ "GET /health": { status, version: "1" } })))
      .exitCode;
  expect(await health("ok")).toBe(0);
  expect(await health("stopping")).toBe(1);
});

test("tokens are listed, and one that is made stands alone on stdout", async () => {
  const made = { name: "ci", role: 1, creationTime: TIME, token: "stint_api_abc" };
  const server = new FakeServer({
    "GET /api-tokens": { items: [{ name: "administrator", role: 0, creationTime: TIME }] },
    "POST /api-tokens": made,
  });
  expect((await ran(["system", "token"], server)).stdout).toContain("| administrator | 0    |");
  expect((await ran(["system", "token", "ci", "-ro", "1"], server)).stdout).toBe("stint_api_abc\n");
  expect(server.requests[1]?.body).toEqual({ name: "ci", role: 1 });
  expect((await ran(["system", "token", "-ro", "1"], server)).exitCode).toBe(2);
});
