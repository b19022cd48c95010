import { afterEach, beforeEach, expect, test } from "bun:test";
import { resultOf } from "../../engine/testFleet.ts";
import { FILE_TOKENS_HEADER, SERVER_TIME_HEADER } from "../../protocol/node/message.ts";
import { CONTENT, START, START_WITHIN_MS, TestServer } from "./testServer.ts";

/** Within what signatures may be early or late. */
const SKEW_MS = 10 * 60_000;

let server: TestServer;
beforeEach(async () => {
  server = await TestServer.open();
  await server.addNode("one");
  await server.addNode("two");
});
afterEach(() => server.close());

async function code(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: { code: string } };
  return `${response.status} ${error.code}`;
}

test("a node gets the script of an execution of its own, byte for byte", async () => {
  const { execution, script } = await server.run("one");
  const response = await server.fetch("one", execution);
  expect(response.status).toBe(200);
  expect(await response.bytes()).toEqual(new Uint8Array(CONTENT));
  expect(script?.script.sizeBytes).toBe(CONTENT.length);
});

test("beside its script a node gets the execution's file tokens, and nobody else does", async () => {
  const { execution } = await server.run("one");
  const response = await server.fetch("one", execution);
  await response.body?.cancel();
  const given = JSON.parse(response.headers.get(FILE_TOKENS_HEADER) ?? "") as Record<
    string,
    string
  >;
  expect(Object.keys(given)).toEqual(["FILE_TOKEN", "FILE_TOKEN/10M"]);
  const { tokens } = server;
  for (const token of Object.values(given)) {
    expect(await tokens.check(token)).toMatchObject({ ok: true, caller: { execution } });
  }
  expect((await server.fetch("two", execution)).headers.has(FILE_TOKENS_HEADER)).toBe(false);
});

test("another node's script, one that is over, and none at all are not given", async () => {
  const { execution } = await server.run("one");
  expect(await code(await server.fetch("two", execution))).toBe("404 ExecutionNotFound");
  expect(await code(await server.fetch("one", execution + 1))).toBe("404 ExecutionNotFound");
  expect(await code(await server.fetch("one", "x"))).toBe("404 ExecutionNotFound");
  const node = server.loop.nodeNumber("one") ?? 0;
  const result = resultOf({ state: "exited", exitCode: 0 }, START);
  await server.loop.ask({
    kind: "nodeReports",
    node,
    linkId: "link one",
    upTo: 1,
    reports: [{ kind: "ended", execution, result }],
  });
  expect(await code(await server.fetch("one", execution))).toBe("404 ExecutionNotFound");
});

test("nobody gets it without a signature that is good and recent", async () => {
  const { execution } = await server.run("one");
  await server.store.revokeNodeKey("one", START);
  expect(await code(await server.fetch("one", execution))).toBe("401 AuthenticationFailed");
  expect(await code(await server.fetch("two", execution, 2 * SKEW_MS))).toBe(
    "401 AuthenticationFailed",
  );
});

test("every answer tells the engine's time, by which startBefore is meant", async () => {
  const { execution, startBefore } = await server.run("one");
  server.machine.wall = START - SKEW_MS;
  const timeOf = (response: Response) => Number(response.headers.get(SERVER_TIME_HEADER));
  const given = await server.fetch("one", execution, SKEW_MS);
  await given.body?.cancel();
  expect(given.status).toBe(200);
  expect(timeOf(given)).toBe(START);
  expect(startBefore).toBe(START + START_WITHIN_MS);
  expect(timeOf(await server.fetch("two", execution))).toBe(START);
  expect(timeOf(await server.fetch("one", execution, -2 * SKEW_MS))).toBe(START);
});
