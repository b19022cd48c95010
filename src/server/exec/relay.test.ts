import { expect, test } from "bun:test";
import {
  decodeExecBytes,
  EXEC_FRAME_BYTES,
  EXEC_WINDOW_BYTES,
  type ExecEnd,
  type ExecInput,
  type ExecOrder,
  encodeExecBytes,
} from "../../protocol/node/exec.ts";
import { NodeUnreachable } from "../routes/context.ts";
import { type ExecClient, ExecRelay, type ExecRelayParts } from "./relay.ts";

const ORDER: ExecOrder = {
  execution: 1,
  member: "main",
  command: ["cat"],
  terminal: null,
  hasStdin: true,
};

/** A session with a client and a node that the test plays. */
function session(more: Partial<ExecRelayParts> = {}) {
  const told: string[] = [];
  const toClient: Uint8Array[] = [];
  const toNode: (ExecInput | Uint8Array)[] = [];
  const ends: ExecEnd[] = [];
  let isClosed = false;
  const client: ExecClient = {
    send(message) {
      if (typeof message === "string") told.push(message);
      else toClient.push(message);
      return 1;
    },
    close() {
      isClosed = true;
    },
  };
  const relay = new ExecRelay(ORDER, client, {
    noteStart: () => Promise.resolve(),
    noteEnd: async (end) => void ends.push(end),
    open: () => ({
      send: (input) => toNode.push(input),
      sendBytes: (bytes) => toNode.push(bytes),
    }),
    startMaxMs: 60_000,
    idleMaxMs: 60_000,
    monotonic: () => 0,
    ...more,
  });
  const failure = () =>
    told.map((text) => JSON.parse(text)).find(({ kind }) => kind === "ended")?.end.code;
  return { relay, told, toClient, toNode, ends, failure, isClosed: () => isClosed };
}

/** Until what has been noted is stored, and the node opened. */
async function begun(more: Partial<ExecRelayParts> = {}) {
  const all = session(more);
  await Promise.resolve();
  await Promise.resolve();
  return all;
}

function stdin(sizeBytes: number): Uint8Array {
  return encodeExecBytes({ session: 0, stream: "stdin", bytes: new Uint8Array(sizeBytes) });
}

test("messages and bytes go both ways, and the end of the command is the session's", async () => {
  const { relay, told, toClient, toNode, ends, isClosed } = await begun();
  relay.onOutput({ kind: "started", shortcoming: null });
  relay.received(stdin(3));
  relay.onOutput({ kind: "credit", bytes: 3 });
  relay.onBytes("stderr", new Uint8Array([7]));
  relay.received('{"kind":"credit","bytes":1}');
  relay.received('{"kind":"resize","size":{"columns":80,"rows":24}}');
  relay.received('{"kind":"endOfInput"}');
  relay.onOutput({ kind: "ended", end: { state: "exited", exitCode: 3 } });
  await relay.done;
  expect(told).toEqual([
    '{"kind":"started","shortcoming":null}',
    '{"kind":"credit","bytes":3}',
    '{"kind":"ended","end":{"state":"exited","exitCode":3}}',
  ]);
  expect(toClient.map(decodeExecBytes)).toMatchObject([{ session: 0, stream: "stderr" }]);
  expect(toNode).toEqual([
    new Uint8Array(3),
    { kind: "credit", bytes: 1 },
    { kind: "resize", size: { columns: 80, rows: 24 } },
    { kind: "endOfInput" },
  ]);
  expect([ends, isClosed()]).toEqual([[{ state: "exited", exitCode: 3 }], true]);
});

test("neither end may send more than a window that was not given back", async () => {
  const client = await begun();
  for (let sent = 0; sent < EXEC_WINDOW_BYTES; sent += EXEC_FRAME_BYTES) {
    client.relay.received(stdin(EXEC_FRAME_BYTES));
  }
  expect(client.failure()).toBeUndefined();
  client.relay.received(stdin(1));
  expect([client.failure(), client.toNode.at(-1)]).toEqual(["ProtocolError", { kind: "close" }]);
  const node = await begun();
  for (let sent = 0; sent < EXEC_WINDOW_BYTES; sent += EXEC_FRAME_BYTES) {
    node.relay.onBytes("stdout", new Uint8Array(EXEC_FRAME_BYTES));
  }
  expect(node.failure()).toBeUndefined();
  node.relay.onBytes("stdout", new Uint8Array(1));
  expect([node.failure(), node.toNode]).toEqual(["ProtocolError", [{ kind: "close" }]]);
});

test("a client that talks nonsense is cut off", async () => {
  const wrong = [
    "{",
    '{"kind":"credit","bytes":1}',
    '{"kind":"credit","bytes":0}',
    '{"kind":"resize","size":{"columns":0,"rows":1}}',
    '{"kind":"open"}',
    new Uint8Array([1, 2]),
    encodeExecBytes({ session: 0, stream: "stdout", bytes: new Uint8Array(1) }),
    `{"kind":"endOfInput"}${" ".repeat(EXEC_FRAME_BYTES)}`,
  ];
  for (const message of wrong) {
    const { relay, failure } = await begun();
    relay.received(message);
    expect([message, failure()]).toEqual([message, "ProtocolError"]);
  }
  const over = await begun();
  over.relay.received('{"kind":"endOfInput"}');
  expect(over.failure()).toBeUndefined();
  over.relay.received(stdin(1));
  expect(over.failure()).toBe("ProtocolError");
  // What comes before the command was asked for comes too early.
  const early = session();
  early.relay.received('{"kind":"endOfInput"}');
  await early.relay.done;
  expect([early.failure(), early.toNode]).toEqual(["ProtocolError", []]);
});

test("a command is ended with its client, and none begins for one that has gone", async () => {
  const { relay, toNode, ends } = await begun();
  relay.clientClosed();
  await relay.done;
  expect([toNode, ends]).toMatchObject([[{ kind: "close" }], [{ code: "SessionClosed" }]]);
  const early = session();
  early.relay.clientClosed();
  await early.relay.done;
  expect([early.toNode, early.ends.length]).toEqual([[], 1]);
});

test("a client that takes no more is as good as gone", async () => {
  const client: ExecClient = { send: () => 0, close: () => undefined };
  const toNode: ExecInput[] = [];
  const relay = new ExecRelay(ORDER, client, {
    noteStart: () => Promise.resolve(),
    noteEnd: () => Promise.resolve(),
    open: () => ({ send: (input) => toNode.push(input), sendBytes: () => undefined }),
    startMaxMs: 60_000,
    idleMaxMs: 60_000,
    monotonic: () => 0,
  });
  await Promise.resolve();
  await Promise.resolve();
  relay.onBytes("stdout", new Uint8Array(1));
  await relay.done;
  expect(toNode).toEqual([{ kind: "close" }]);
});

test("the session ends with the connection to the node, and when there is none", async () => {
  const { relay, failure, toNode } = await begun();
  relay.onGone();
  await relay.done;
  expect([failure(), toNode]).toEqual(["NodeNotReachable", []]);
  const away = session({
    open: () => {
      throw new NodeUnreachable("The node is not connected.");
    },
  });
  await away.relay.done;
  expect([away.failure(), away.ends.length]).toEqual(["NodeNotReachable", 1]);
});

test("what cannot be put on record is not begun", async () => {
  const { relay, failure, toNode, ends } = session({
    noteStart: () => Promise.reject(new Error("The server is stopping.")),
  });
  await relay.done;
  expect([failure(), toNode, ends]).toEqual(["ServerStopping", [], []]);
});

test("a session in which nothing is said for too long ends", async () => {
  let now = 0;
  const { relay, failure } = await begun({ idleMaxMs: 5, monotonic: () => now });
  relay.onBytes("stdout", new Uint8Array(1));
  now = 5;
  await relay.done;
  expect(failure()).toBe("SessionIdle");
});

test("a node that does not begin the command is given up, and told so", async () => {
  const { relay, failure, toNode, ends } = await begun({ startMaxMs: 1 });
  await relay.done;
  expect([failure(), toNode]).toEqual(["NodeNotReachable", [{ kind: "close" }]]);
  expect(ends).toMatchObject([{ message: expect.stringContaining("did not begin") }]);
});

test("a command that cannot be ended is put on record as one, unless it is seen to its end", async () => {
  const shortcoming = "The agent cannot end it.";
  const left = await begun();
  left.relay.onOutput({ kind: "started", shortcoming });
  left.relay.clientClosed();
  await left.relay.done;
  expect(left.ends).toMatchObject([
    { message: `Whoever ran the command has gone. ${shortcoming}` },
  ]);
  const over = await begun();
  over.relay.onOutput({ kind: "started", shortcoming });
  over.relay.onOutput({ kind: "ended", end: { state: "exited", exitCode: 3 } });
  await over.relay.done;
  expect(over.ends).toEqual([{ state: "exited", exitCode: 3 }]);
});

test("a client that misses a message is as good as gone", async () => {
  const { relay, ends } = await begun();
  relay.onNonsense();
  await relay.done;
  expect(ends).toMatchObject([{ code: "ProtocolError" }]);
  const client: ExecClient = { send: () => 0, close: () => undefined };
  const seen: ExecEnd[] = [];
  const deaf = new ExecRelay(ORDER, client, {
    noteStart: () => Promise.resolve(),
    noteEnd: async (end) => void seen.push(end),
    open: () => ({ send: () => undefined, sendBytes: () => undefined }),
    startMaxMs: 60_000,
    idleMaxMs: 60_000,
    monotonic: () => 0,
  });
  await Promise.resolve();
  await Promise.resolve();
  deaf.onOutput({ kind: "started", shortcoming: null });
  await deaf.done;
  expect(seen).toMatchObject([{ code: "SessionClosed" }]);
});
