import { expect, test } from "bun:test";
import { join } from "node:path";
import type {
  ScriptAnswer,
  ScriptAnswerFrame,
  ScriptAskFrame,
} from "../../protocol/node/message.ts";
import { startTestNode, type TestNode } from "../fixtures/node.ts";
import { until } from "../fixtures/until.ts";
import { type FetchedScript, newFetchScript } from "./fetchScript.ts";
import { ScriptAsks } from "./scriptAsks.ts";

const HOUR_MS = 3_600_000;
const CONTENT = Buffer.from([0x23, 0x0a, 0xff]);
const SOURCE = {
  name: "a.sh",
  sha256: new Bun.CryptoHasher("sha256").update(CONTENT).digest("hex"),
  sizeBytes: CONTENT.length,
  words: [],
};
const GIVEN: ScriptAnswer = {
  kind: "given",
  base64: CONTENT.toString("base64"),
  fileTokens: { FILE_TOKEN: "t" },
};
const BUSY: ScriptAnswer = { kind: "refused", code: "ScriptNotRead", isPassing: true };
const GONE: ScriptAnswer = { kind: "refused", code: "ExecutionNotFound", isPassing: false };

/** A link whose other end the test is; over HTTP there is nobody. */
function testLink() {
  const asks = new ScriptAsks();
  const frames: ScriptAskFrame[] = [];
  const connect = () => asks.connected((frame) => frames.push(frame));
  connect();
  const key = { identity: { guid: "g", publicKey: "", joined: true }, sign: async () => "" };
  const fetchScript = newFetchScript("http://127.0.0.1:1", key, asks);
  const stopped = new AbortController();
  const fetch = (startBefore: number | null, startWithinMs = HOUR_MS): Promise<FetchedScript> =>
    fetchScript(
      { execution: 7, startBefore, work: { script: SOURCE, startWithinMs } },
      stopped.signal,
    );
  const answer = (given: ScriptAnswer, serverTime: number, id = frames.at(-1)?.id ?? 0) => {
    const frame: ScriptAnswerFrame = { type: "script", id, serverTime, answer: given };
    asks.received(frame);
  };
  return { asks, frames, connect, fetch, answer, stop: () => stopped.abort() };
}

function failureOf(fetched: FetchedScript): string {
  return fetched.ok ? "fetched" : `${fetched.failure.code} ${fetched.failure.message}`;
}

test("the bound is the server's, counted from when it was asked and not from when it answered", async () => {
  const { fetch, frames, answer } = testLink();
  const serverTime = 5;
  const askedAt = Date.now();
  const fetching = fetch(serverTime + HOUR_MS);
  expect(frames).toEqual([{ type: "script", id: 1, execution: 7 }]);
  await Bun.sleep(30);
  answer(GIVEN, serverTime);
  const fetched = await fetching;
  if (!fetched.ok) throw new Error(fetched.failure.message);
  expect(fetched.content).toEqual(CONTENT);
  expect(fetched.fileTokens).toEqual({ FILE_TOKEN: "t" });
  expect(fetched.startBefore ?? 0).toBeGreaterThan(askedAt + HOUR_MS - 1_000);
  // Both clocks were read within the first turn; the 30 ms until the answer are not added.
  expect(fetched.startBefore ?? 0).toBeLessThan(Date.now() + HOUR_MS - 20);
});

test("an answer that comes after the bound starts nothing", async () => {
  const { fetch, answer } = testLink();
  const fetching = fetch(1_000);
  answer(GIVEN, 1_001);
  expect(failureOf(await fetching)).toStartWith("StartTooLate");
});

test("a refusal for good is asked once, and one that passes until it is given", async () => {
  const refused = testLink();
  const first = refused.fetch(null);
  refused.answer(GONE, 1);
  expect(failureOf(await first)).toMatch(
    /^ScriptNotFetched Script a\.sh could not be fetched from the server: the server answered ExecutionNotFound\./,
  );
  expect(refused.frames).toHaveLength(1);
  const busy = testLink();
  const second = busy.fetch(null);
  busy.answer(BUSY, 1);
  await until(() => busy.frames.length === 2 || undefined);
  busy.answer(GIVEN, 1);
  expect(failureOf(await second)).toBe("fetched");
  const late = testLink();
  const third = late.fetch(null, 1);
  late.answer(BUSY, 1);
  expect(failureOf(await third)).toMatch(/tried until it was too late .*: .*ScriptNotRead/);
});

test("content that is not what was approved is not taken", async () => {
  const { fetch, answer } = testLink();
  const fetching = fetch(null);
  answer({ kind: "given", base64: Buffer.from("abc").toString("base64"), fileTokens: {} }, 1);
  expect(failureOf(await fetching)).toInclude(
    `expected SHA-256 ${SOURCE.sha256}, given content of`,
  );
});

test("after a lost connection it is asked anew, and an answer to the first question is not taken", async () => {
  const { asks, frames, connect, fetch, answer } = testLink();
  const fetching = fetch(2 * HOUR_MS);
  asks.disconnected();
  connect();
  await until(() => frames.length === 2 || undefined);
  expect(frames.map(({ id }) => id)).toEqual([1, 2]);
  // Its time is that of a question from before the connection was lost: a bound made of it would come too late.
  answer(GIVEN, 0, 1);
  answer(GIVEN, HOUR_MS, 2);
  const fetched = await fetching;
  if (!fetched.ok) throw new Error(fetched.failure.message);
  expect(fetched.startBefore ?? 0).toBeLessThan(Date.now() + HOUR_MS + 1);
});

test("a script that is not wanted any more is not waited for, nor asked for", async () => {
  const { frames, fetch, stop } = testLink();
  const fetching = fetch(null);
  stop();
  expect(failureOf(await fetching)).toStartWith("ScriptNotFetched");
  expect(failureOf(await fetch(null))).toStartWith("ScriptNotFetched");
  expect(frames).toHaveLength(1);
});

/** A node whose server gives scripts over the link. */
async function linkedNode(): Promise<TestNode> {
  const node = await startTestNode();
  node.server.givesScripts = true;
  node.server.cut();
  await node.server.connected();
  return node;
}

async function outputOf(node: TestNode, execution: number): Promise<string> {
  const { outcome, stdout } = await node.server.resultOf(execution);
  expect(outcome).toEqual({ state: "exited", exitCode: 0 });
  const { place } = stdout;
  return place.kind === "inline" ? Buffer.from(place.base64, "base64").toString() : place.kind;
}

test("an agent asks over its link, and once more on the next connection", async () => {
  await using node = await linkedNode();
  const { server } = node;
  server.fileTokens = { FILE_TOKEN: "token" };
  server.orderScript(1, "echo $STINT_FILE_TOKEN");
  expect(await outputOf(node, 1)).toBe("token\n");
  server.scriptAnswers.push("cut");
  server.orderScript(
    2,
    'echo x >> "$STINT_NODE_SHARED_DIR/count"; cat "$STINT_NODE_SHARED_DIR/count"',
  );
  expect(await outputOf(node, 2)).toBe("x\n");
  expect(await Bun.file(join(node.root, "shared/count")).text()).toBe("x\n");
  // While there is no link it may have come over HTTP.
  expect(server.scriptAsks.length + server.authorizations.length).toBeGreaterThanOrEqual(3);
  expect(server.hellos).toHaveLength(3);
});

test("a script that is too large for the link comes over HTTP", async () => {
  await using node = await linkedNode();
  node.server.scriptAnswers.push({ kind: "large" });
  node.server.orderScript(1, "echo large");
  expect(await outputOf(node, 1)).toBe("large\n");
  expect([node.server.scriptAsks.length, node.server.authorizations.length]).toEqual([1, 1]);
});

test("a server of before these questions is asked over HTTP", async () => {
  await using node = await startTestNode();
  node.server.orderScript(1, "echo older");
  expect(await outputOf(node, 1)).toBe("older\n");
  expect([node.server.scriptAsks.length, node.server.authorizations.length]).toEqual([0, 1]);
});
