import { expect, test } from "bun:test";
import { OUTPUT_HEAD_BYTES as HEAD, OUTPUT_TAIL_BYTES as TAIL } from "../../model/limits.ts";
import type { ServerContext } from "./context.ts";
import { keptSource } from "./outputSource.ts";
import { inline, TestBlobs } from "./testApi.ts";

const NOTE_BYTES = 40;
const DROPPED_BYTES = 1_000_000;

class LargeBlobs extends TestBlobs {
  override async size(): Promise<number> {
    return HEAD + NOTE_BYTES + TAIL;
  }
}

// Only the blobs are looked at.
const context = { blobs: new LargeBlobs() } as unknown as ServerContext;

test("a place behind what was dropped is found in the tail that was kept", async () => {
  const source = await keptSource(context, {
    sizeBytes: HEAD + DROPPED_BYTES + TAIL,
    droppedBytes: DROPPED_BYTES,
    place: { kind: "blob", key: "outputs/1/stdout" },
  });
  if (source === null) throw new Error("Expected a source.");
  expect(source.placeOf(0)).toBe(0);
  expect(source.placeOf(HEAD)).toBe(HEAD);
  expect(source.placeOf(HEAD + DROPPED_BYTES / 2)).toBe(HEAD);
  expect(source.placeOf(source.writtenBytes - 10)).toBe(source.sizeBytes - 10);
  expect(source.placeOf(source.writtenBytes)).toBe(source.sizeBytes);
});

test("without a loss places are the same", async () => {
  const source = await keptSource(context, inline("0123456789"));
  expect([0, 5, 10].map((written) => source?.placeOf(written))).toEqual([0, 5, 10]);
});
