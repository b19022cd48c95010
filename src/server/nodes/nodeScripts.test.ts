import { afterEach, beforeEach, expect, test } from "bun:test";
import { resultOf } from "../../engine/testFleet.ts";
import {
  SCRIPT_FRAME_MAX_BYTES,
  type ScriptAnswerFrame,
  type ServerFrame,
} from "../../protocol/node/message.ts";
import { CONTENT, START, START_WITHIN_MS, type TestLink, TestServer } from "./testServer.ts";

let server: TestServer;
beforeEach(async () => {
  server = await TestServer.open();
  await server.addNode("one");
  await server.addNode("two");
});
afterEach(() => server.close());

function answersIn(frames: readonly ServerFrame[]): ScriptAnswerFrame[] {
  return frames.filter((frame) => frame.type === "script");
}

let asked = 0;

/** What the server answers, which it does before it takes the next frame. */
async function ask({ frames, tell }: TestLink, execution: number): Promise<ScriptAnswerFrame> {
  asked += 1;
  const id = asked;
  await tell({ type: "script", id, execution });
  const answer = answersIn(frames).find((frame) => frame.id === id);
  if (answer === undefined) throw new Error("no answer");
  return answer;
}

async function kindOf(link: TestLink, execution: number): Promise<string> {
  const { answer } = await ask(link, execution);
  return answer.kind === "refused" ? `${answer.code}, passing: ${answer.isPassing}` : answer.kind;
}

test("a node is told that it may ask, and is given the script of its own with tokens and the time", async () => {
  const link = await server.connect("one");
  expect(link.frames.at(-1)).toMatchObject({ type: "welcome", givesScripts: true });
  const { execution, startBefore } = await server.run("one");
  server.machine.wall = START - 60_000;
  const { answer, serverTime } = await ask(link, execution);
  if (answer.kind !== "given") throw new Error(answer.kind);
  expect(Buffer.from(answer.base64, "base64")).toEqual(CONTENT);
  expect(Object.keys(answer.fileTokens)).toEqual(["FILE_TOKEN", "FILE_TOKEN/10M"]);
  for (const token of Object.values(answer.fileTokens)) {
    expect(await server.tokens.check(token)).toMatchObject({ ok: true, caller: { execution } });
  }
  expect([serverTime, startBefore]).toEqual([START, START + START_WITHIN_MS]);
});

test("a script is read once, however many ask, and its tokens are each one's own", async () => {
  const link = await server.connect("one");
  const { execution } = await server.run("one");
  let reads = 0;
  const get = server.blobs.get.bind(server.blobs);
  server.blobs.get = (key, range) => {
    reads += 1;
    return get(key, range);
  };
  await Promise.all([1, 2, 3].map((id) => link.tell({ type: "script", id, execution })));
  await link.tell({ type: "script", id: 4, execution });
  const answers = answersIn(link.frames);
  expect(answers.map(({ answer }) => answer.kind)).toEqual(Array(4).fill("given"));
  expect(answers.map(({ id }) => id).toSorted()).toEqual([1, 2, 3, 4]);
  expect(reads).toBe(1);
});

test("another node's script, one that is over, and none at all are refused", async () => {
  const one = await server.connect("one");
  const two = await server.connect("two");
  const { execution } = await server.run("one");
  const none = "ExecutionNotFound, passing: false";
  expect(await kindOf(one, execution)).toBe("given");
  expect(await kindOf(two, execution)).toBe(none);
  expect(await kindOf(one, execution + 1)).toBe(none);
  const result = resultOf({ state: "exited", exitCode: 0 }, START);
  const reports = [{ kind: "ended", execution, result }] as const;
  const node = server.loop.nodeNumber("one") ?? 0;
  await server.loop.ask({ kind: "nodeReports", node, linkId: "link one", upTo: 1, reports });
  expect(await kindOf(one, execution)).toBe(none);
});

test("before the welcome, and on a connection that another has replaced, nothing is answered", async () => {
  const replaced = await server.connect("one");
  const { execution } = await server.run("one");
  const link = await server.connect("one");
  await replaced.tell({ type: "script", id: 1, execution });
  expect(answersIn(replaced.frames)).toEqual([]);
  expect(await kindOf(link, execution)).toBe("given");
  const frames: ServerFrame[] = [];
  const stranger = server.links.opened({
    send: (text) => frames.push(JSON.parse(text) as ServerFrame),
    close: () => undefined,
    sendBytes: () => 1,
    bufferedBytes: () => 0,
  });
  await server.links.received(stranger, JSON.stringify({ type: "script", id: 1, execution }));
  expect(frames.map(({ type }) => type)).toEqual(["challenge"]);
});

test.each([
  [SCRIPT_FRAME_MAX_BYTES, "given"],
  [SCRIPT_FRAME_MAX_BYTES + 1, "large"],
])(
  "a script of %d bytes is %s over the link, and there over HTTP in any case",
  async (size, kind) => {
    const link = await server.connect("one");
    const content = Buffer.from("#!/bin/sh\n".padEnd(size, "#"));
    const { execution } = await server.run("one", content);
    expect(await kindOf(link, execution)).toBe(kind);
    const response = await server.fetch("one", execution);
    expect(await response.bytes()).toEqual(new Uint8Array(content));
  },
);

test("a disk that fails is asked again, and one whose script is gone is not", async () => {
  const link = await server.connect("one");
  const { execution } = await server.run("one");
  const { get } = server.blobs;
  server.blobs.get = () => Promise.reject(new Error("EIO"));
  expect(await kindOf(link, execution)).toBe("ScriptNotRead, passing: true");
  expect(server.failures).toEqual([new Error("EIO")]);
  server.blobs.get = () => Promise.resolve(null);
  expect(await kindOf(link, execution)).toBe("ScriptNotFound, passing: false");
  server.blobs.get = get;
  expect(await kindOf(link, execution)).toBe("given");
});
