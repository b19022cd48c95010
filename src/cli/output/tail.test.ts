import { expect, test } from "bun:test";
import { lastLines, withoutFirst } from "./tail.ts";

async function tailed(text: string, count: number): Promise<string> {
  return new TextDecoder().decode((await lastLines(new Response(text), count)).bytes);
}

test("the last lines end where the output ends, also within a line", async () => {
  expect(await tailed("a\nb\nc\n", 2)).toBe("b\nc\n");
  expect(await tailed("a\nb\nc", 2)).toBe("b\nc");
  expect(await tailed("a\n\n\n", 2)).toBe("\n\n");
  expect(await tailed("\na\n", 2)).toBe("\na\n");
  expect(await tailed("a\nb\n", 5)).toBe("a\nb\n");
  expect(await tailed("a\nb\n", 0)).toBe("");
  expect(await tailed("", 3)).toBe("");
});

test("what was shown already is left out", async () => {
  const rest = async (sizeBytes: number) => {
    const chunks = await Array.fromAsync(withoutFirst(new Response("abcdef"), sizeBytes));
    return new TextDecoder().decode(Buffer.concat(chunks));
  };
  expect(await rest(0)).toBe("abcdef");
  expect(await rest(4)).toBe("ef");
  expect(await rest(9)).toBe("");
});
