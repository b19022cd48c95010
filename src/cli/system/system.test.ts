import { expect, test } from "bun:test";
import { TIME } from "../fixtures.ts";
import { FakeServer, ran, refusal } from "../testCli.ts";

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
  const made = { id: "c3", name: "ci", role: 1, creationTime: TIME, token: "stint_api_abc" };
  const known = { id: "a1", name: "administrator", role: 0, creationTime: TIME };
  const server = new FakeServer({
    "GET /api-tokens": { items: [known] },
    "POST /api-tokens": made,
  });
  expect((await ran(["system", "token"], server)).stdout).toContain(
    "| a1 | administrator | 0 administrator |",
  );
  expect((await ran(["system", "token", "ci", "-ro", "1"], server)).stdout).toBe("stint_api_abc\n");
  expect(server.requests[1]?.body).toEqual({ name: "ci", role: 1 });
  expect((await ran(["system", "token", "-ro", "1"], server)).exitCode).toBe(2);
});

test("a token is taken back, whichever kind it is", async () => {
  const none = refusal(404, "TokenNotFound", "There is no token.");
  const gone = () => new Response(null, { status: 204 });
  const server = new FakeServer({
    "DELETE /api-tokens/a1": gone,
    "DELETE /api-tokens/b2": none,
    "DELETE /join-tokens/b2": gone,
    "DELETE /api-tokens/c3": none,
    "DELETE /join-tokens/c3": none,
  });
  for (const id of ["a1", "b2"]) {
    const { stdout } = await ran(["system", "revoke", id], server);
    expect(stdout).toBe(`${id} has been revoked successfully.\n`);
  }
  const { exitCode, stderr } = await ran(["system", "revoke", "c3"], server);
  expect(exitCode).toBe(1);
  expect(stderr).toBe(`error: There is no token c3. (TokenNotFound)
fix: See API tokens with \`stint system token\`, and join tokens with \`stint node jointoken\`.
`);
});
