import { afterEach, expect, test } from "bun:test";
import type { NodeFacts } from "../../model/node.ts";
import { memoryLogger } from "../fixtures/node.ts";
import { joinServer } from "./join.ts";

const FACTS: NodeFacts = {
  agentVersion: "1",
  hostname: "host",
  os: "Linux",
  ipAddress: "127.0.0.1",
  cores: 1,
  memoryBytes: 1,
  canReboot: false,
};

let stop: (() => Promise<void>) | null = null;
afterEach(async () => await stop?.());

/** Joins a server that answers so, one answer after the other. */
async function join(...answers: (() => Response)[]) {
  const bodies: unknown[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      bodies.push(await request.json());
      return answers[Math.min(bodies.length, answers.length) - 1]?.() ?? new Response();
    },
  });
  stop = () => server.stop(true);
  const log: string[] = [];
  const serverUrl = `http://127.0.0.1:${server.port}`;
  const identity = { guid: "guid", publicKey: "key", joined: false };
  const outcome = await joinServer(identity, {
    serverUrl,
    joinToken: "stint_join_x",
    tokenSource: "/etc/join.token",
    poolId: "pool",
    name: "node",
    slots: 1,
    facts: FACTS,
    logger: memoryLogger(log),
    signal: new AbortController().signal,
  });
  return { outcome, log, serverUrl, bodies };
}

const refusal = (status: number, message: string, fix: string) => () =>
  Response.json({ error: { code: "AuthenticationFailed", message, fix } }, { status });

test("a refusal is told in one line, with server, token file and what to do", async () => {
  const { outcome, serverUrl } = await join(refusal(401, "Expected\n  a token.", "Make one."));
  expect(outcome).toEqual({
    ok: false,
    message: `The server ${serverUrl} refused this machine with the join token of /etc/join.token: Expected a token. Make one.`,
  });
});

test.each([
  ["another answer (404)", () => new Response("<h1>Not\nFound</h1>", { status: 404 })],
  ["another answer (200)", () => new Response("<h1>Console</h1>")],
  ["another answer (200)", () => Response.json({ hello: "world" })],
  ["another answer (403)", () => Response.json({ error: "no" }, { status: 403 })],
  [
    "a redirection to https://stint.example.com/",
    () => new Response(null, { status: 308, headers: { location: "https://stint.example.com/" } }),
  ],
] as const)("an address that is no Stint server's is said to be one: %s", async (given, answer) => {
  const { outcome, serverUrl } = await join(answer);
  expect(outcome).toEqual({
    ok: false,
    message: `Expected a Stint server at ${serverUrl}, got ${given}. Give its address with --server, without a path.`,
  });
});

test("a server that is busy is tried again, which is said once, in a line", async () => {
  const busy = () => new Response("bad\ngateway", { status: 502 });
  const answer = { nodeId: "node", poolId: "pool" };
  const { outcome, log, bodies } = await join(busy, busy, () => Response.json(answer));
  expect(outcome).toEqual({ ok: true, answer });
  expect(bodies).toHaveLength(3);
  expect(bodies[0]).toMatchObject({ joinToken: "stint_join_x", poolId: "pool", nodeName: "node" });
  expect(log).toHaveLength(1);
  expect(log[0]).toContain('"reason":"502 bad gateway"');
});
