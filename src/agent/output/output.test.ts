import { expect, test } from "bun:test";
import { appendFileSync, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { OUTPUT_HEAD_BYTES, OUTPUT_TAIL_BYTES } from "../../model/limits.ts";
import type { NodeAnswer } from "../../protocol/node/message.ts";
import { startTestNode } from "../fixtures/node.ts";
import { startOrder } from "../fixtures/server.ts";
import { until } from "../fixtures/until.ts";
import { gapNote } from "./share.ts";

const MIB = 1024 * 1024;
const KEPT = OUTPUT_HEAD_BYTES + OUTPUT_TAIL_BYTES;
const SAME = { taskId: "task", keepDirectory: true } as const;

function pattern(sizeBytes: number): string {
  return `/bin/sh -c 'yes 0123456789abcde | head -c ${sizeBytes}'`;
}

function expectedAt(offset: number, length: number): string {
  const text = "0123456789abcde\n";
  return text.repeat(Math.ceil(length / 16) + 1).slice(offset % 16, (offset % 16) + length);
}

test("output beyond the inline bound is uploaded, signed", async () => {
  await using node = await startTestNode();
  node.server.order(startOrder(1, pattern(100_000)));
  const { stdout, stderr } = await node.server.resultOf(1);
  expect(stdout).toEqual({ sizeBytes: 100_000, droppedBytes: 0, place: { kind: "node" } });
  expect(stderr.place.kind).toBe("empty");
  const bytes = await until(() => node.server.uploads.get("1/stdout"));
  expect(Buffer.from(bytes).toString()).toBe(expectedAt(0, 100_000));
  expect(node.server.authorizations.at(-1)).toMatch(/^Node [0-9a-f-]+:\d+:[A-Za-z0-9+/=]+$/);
});

test("an upload is tried again until it is accepted, also by the next agent", async () => {
  await using node = await startTestNode();
  node.server.uploadStatuses.push(503, 503, ...Array.from({ length: 50 }, () => 503));
  node.server.order(startOrder(1, pattern(100_000)));
  await node.server.resultOf(1);
  await until(() => (node.server.uploadStatuses.length <= 50 ? true : undefined));
  await node.agent.stop();
  node.server.uploadStatuses.length = 0;
  await node.restart();
  const bytes = await until(() => node.server.uploads.get("1/stdout"));
  expect(bytes.length).toBe(100_000);
});

test("a retry uploads its own share alone", async () => {
  await using node = await startTestNode();
  node.server.order(startOrder(1, "/bin/sh -c 'yes first | head -c 60000; exit 1'", SAME));
  await node.server.resultOf(1);
  node.server.order(startOrder(2, "/bin/sh -c 'yes again | head -c 30000'", SAME));
  expect((await node.server.resultOf(2)).stdout.sizeBytes).toBe(30_000);
  const bytes = await until(() => node.server.uploads.get("2/stdout"));
  expect(Buffer.from(bytes).toString()).toBe("again\n".repeat(5_000));
});

test("very long output keeps head and tail, frees the disk, and says what was dropped", async () => {
  await using node = await startTestNode();
  const sizeBytes = 96 * MIB + 5;
  const goOn = join(node.root, "shared", "go");
  const command = `/bin/sh -c 'yes 0123456789abcde | head -c ${sizeBytes}; while ! test -e ${goOn}; do sleep 0.01; done'`;
  node.server.order(startOrder(1, command));
  const path = "workitems/job/job-1/task1/stdout.txt";
  const file = join(node.root, path);
  // While it runs: the middle is given back, the apparent size stays.
  await until(() => {
    if (!existsSync(file)) return undefined;
    const { size, blocks } = statSync(file);
    return size === sizeBytes && blocks * 512 < KEPT + 8 * MIB ? true : undefined;
  });
  const read = (offset: number) =>
    node.server.ask({ kind: "read", path, offset, maxBytes: 64, waitMs: 0, follow: 1 });
  const skip = await read(OUTPUT_HEAD_BYTES + 4096);
  const [note, next] = textAndNext(skip);
  expect(note).toMatch(/^\n\[stint: \d+ bytes were dropped here\]\n$/);
  expect(next).toBeGreaterThan(sizeBytes - OUTPUT_TAIL_BYTES - 8 * MIB);
  expect(textAndNext(await read(next))[0]).toBe(expectedAt(next, 64));
  appendFileSync(goOn, "");
  const { stdout } = await node.server.resultOf(1);
  expect(stdout).toEqual({
    sizeBytes,
    droppedBytes: sizeBytes - KEPT,
    place: { kind: "node" },
  });
  const uploaded = Buffer.from(await until(() => node.server.uploads.get("1/stdout")));
  const gap = gapNote(sizeBytes - KEPT);
  expect(uploaded.length).toBe(KEPT + gap.length);
  expect(uploaded.toString("latin1", OUTPUT_HEAD_BYTES, OUTPUT_HEAD_BYTES + gap.length)).toBe(gap);
  expect(uploaded.toString("latin1", 0, 64)).toBe(expectedAt(0, 64));
  const tail = uploaded.toString("latin1", uploaded.length - 64);
  expect(tail).toBe(expectedAt(sizeBytes - 64, 64));
}, 60_000);

function textAndNext(answer: NodeAnswer): [string, number] {
  if (answer.kind !== "bytes") throw new Error(JSON.stringify(answer));
  const bytes = Buffer.from(answer.base64, "base64");
  return [bytes.toString(), answer.offset + bytes.length];
}
