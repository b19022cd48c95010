import { expect, test } from "bun:test";
import type { OutputInfo } from "../../model/execution.ts";
import { OUTPUT_HEAD_BYTES as HEAD, OUTPUT_TAIL_BYTES as TAIL } from "../../model/limits.ts";
import type { BlobRange } from "../../store/blobStore.ts";
import type { ServerContext } from "./context.ts";
import { keptSource, type OutputSource } from "./outputSource.ts";
import { inline, TestBlobs } from "./testApi.ts";

const NOTE_BYTES = 40;
const DROPPED_BYTES = 1_000_000;

const SIZE_BYTES = HEAD + DROPPED_BYTES + TAIL;
const LARGE: OutputInfo = {
  sizeBytes: SIZE_BYTES,
  droppedBytes: DROPPED_BYTES,
  place: { kind: "blob", key: "outputs/1/stdout" },
};

const ALL = Buffer.alloc(HEAD + NOTE_BYTES + TAIL);
for (let index = 0; index < ALL.byteLength; index += 4) ALL.writeUInt32LE(index, index);

/** One blob for every key, whose bytes tell where they are. */
class LargeBlobs extends TestBlobs {
  override async size(): Promise<number> {
    return ALL.byteLength;
  }

  override async get(_key: string, { offset, length }: BlobRange) {
    const end = length === null ? undefined : offset + length;
    return new Blob([ALL.subarray(offset, end)]).stream();
  }
}

// Only the blobs are looked at.
const context = { blobs: new LargeBlobs() } as unknown as ServerContext;

async function rest(source: OutputSource | null, written: number) {
  const parts: Uint8Array[] = [];
  const ends: number[] = [];
  if (source === null) throw new Error("Expected a source.");
  for await (const { bytes, end } of source.rest(written)) {
    parts.push(bytes);
    ends.push(end);
  }
  return { bytes: Buffer.concat(parts), ends };
}

test("what was written behind a place that was dropped is the tail that was kept", async () => {
  const source = await keptSource(context, LARGE);
  expect((await rest(source, HEAD)).bytes).toEqual(ALL.subarray(HEAD));
  expect((await rest(source, HEAD + DROPPED_BYTES / 2)).bytes).toEqual(ALL.subarray(HEAD));
  expect((await rest(source, SIZE_BYTES - 10)).bytes).toEqual(ALL.subarray(-10));
  expect((await rest(source, SIZE_BYTES)).bytes.byteLength).toBe(0);
});

test("a reader that goes on behind any piece misses nothing and gets nothing twice", async () => {
  const source = await keptSource(context, LARGE);
  const { bytes, ends } = await rest(source, 0);
  expect(bytes).toEqual(ALL);
  expect(ends.at(-1)).toBe(SIZE_BYTES);
  expect(ends.length).toBeGreaterThan(2);
  const end = ends.at(-2) ?? 0;
  const again = await rest(source, end);
  expect(again.bytes.byteLength).toBe(SIZE_BYTES - end);
});

test("without a loss places are the same", async () => {
  const source = await keptSource(context, inline("0123456789"));
  expect(await rest(source, 4)).toEqual({ bytes: Buffer.from("456789"), ends: [10] });
  expect((await rest(source, 10)).ends).toEqual([]);
});
