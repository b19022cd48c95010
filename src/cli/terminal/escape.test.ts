import { expect, test } from "bun:test";
import { EscapeFilter } from "./escape.ts";

function typed(character: string | null, ...chunks: string[]): [string, boolean] {
  const filter = new EscapeFilter(character);
  let text = "";
  for (const chunk of chunks) {
    const { bytes, isClosed } = filter.take(Buffer.from(chunk));
    text += Buffer.from(bytes).toString();
    if (isClosed) return [text, true];
  }
  return [text, false];
}

test("the escape and a full stop close at the start of a line alone", () => {
  expect(typed("~", "~.")).toEqual(["", true]);
  expect(typed("~", "ls\r~.more")).toEqual(["ls\r", true]);
  expect(typed("~", "ls\n", "~", ".")).toEqual(["ls\n", true]);
  expect(typed("~", "cd ~.\r")).toEqual(["cd ~.\r", false]);
});

test("any other character behind it makes it an ordinary one, and two of them are one", () => {
  expect(typed("~", "~/bin\r")).toEqual(["~/bin\r", false]);
  expect(typed("~", "~~.\r")).toEqual(["~.\r", false]);
  expect(typed("~", "~\r~.")).toEqual(["~\r", true]);
});

test("another character may be the escape, or none", () => {
  expect(typed("!", "~.\r!.")).toEqual(["~.\r", true]);
  expect(typed(null, "~.\r~.")).toEqual(["~.\r~.", false]);
});

test("bytes that are no text pass as they are", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  const back = new EscapeFilter("~").take(bytes);
  expect([...back.bytes]).toEqual([...bytes]);
});
