import { expect, test } from "bun:test";
import { readAhead } from "./readAhead.ts";

/** Sources of ten bytes each, and how many of them have been read. */
function source(count: number) {
  const seen = { chunks: 0 };
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (; seen.chunks < count; ) {
      seen.chunks += 1;
      yield new Uint8Array(10).fill(seen.chunks);
    }
  }
  return { seen, chunks: chunks() };
}

test("a source is read before anybody takes of it, up to a limit", async () => {
  const { seen, chunks } = source(100);
  const ahead = readAhead(chunks, 45);
  await Bun.sleep(0);
  expect(seen.chunks).toBe(5);
  const taken: (number | undefined)[] = [];
  for await (const chunk of ahead) taken.push(chunk[0]);
  expect(taken).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
});

test("the end of a source comes behind what it had, and an error too", async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(1);
    throw new Error("unplugged");
  }
  const taken: number[] = [];
  const take = async () => {
    for await (const chunk of readAhead(failing(), 10)) taken.push(chunk.byteLength);
  };
  await expect(take()).rejects.toThrow("unplugged");
  expect(taken).toEqual([1]);
});
