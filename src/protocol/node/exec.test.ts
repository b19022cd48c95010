import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  decodeExecBytes,
  EXEC_FRAME_BYTES,
  EXEC_WINDOW_BYTES,
  ExecCredit,
  encodeExecBytes,
  execPieces,
  exitCodeOfEnd,
} from "./exec.ts";

test("bytes of a session come out of a frame as they went in", () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
  const stream = fc.constantFrom("stdin", "stdout", "stderr");
  const session = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  fc.assert(
    fc.property(fc.record({ session, stream, bytes }), (given) => {
      const { bytes: back, ...rest } = decodeExecBytes(encodeExecBytes(given)) ?? given;
      expect([rest, [...back]]).toEqual([
        { session: given.session, stream: given.stream },
        [...given.bytes],
      ]);
    }),
  );
});

test("a frame is read where it lies in a larger buffer", () => {
  const frame = encodeExecBytes({ session: 7, stream: "stderr", bytes: new Uint8Array([1, 2]) });
  const larger = Buffer.concat([new Uint8Array(3), frame]);
  expect(decodeExecBytes(larger.subarray(3))).toMatchObject({ session: 7, stream: "stderr" });
});

test("what is no frame is none: too short, too long, without bytes, of another stream", () => {
  const header = [0, 0, 0, 1];
  expect(decodeExecBytes(new Uint8Array())).toBeNull();
  expect(decodeExecBytes(new Uint8Array(header))).toBeNull();
  expect(decodeExecBytes(new Uint8Array([...header, 1]))).toBeNull();
  expect(decodeExecBytes(new Uint8Array([...header, 3, 0]))).toBeNull();
  const bytes = new Uint8Array(EXEC_FRAME_BYTES + 1);
  expect(decodeExecBytes(encodeExecBytes({ session: 1, stream: "stdout", bytes }))).toBeNull();
});

test("pieces fit a frame and are the whole", () => {
  const bytes = new Uint8Array(2 * EXEC_FRAME_BYTES + 1).map((_, index) => index % 251);
  const pieces = execPieces(bytes);
  expect(pieces.map(({ byteLength }) => byteLength)).toEqual([
    EXEC_FRAME_BYTES,
    EXEC_FRAME_BYTES,
    1,
  ]);
  expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  expect(execPieces(new Uint8Array())).toEqual([]);
});

test("no more is spent than was given, and no more given back than was spent", () => {
  const credit = new ExecCredit();
  expect(credit.give(1)).toBe(false);
  expect(credit.spend(EXEC_WINDOW_BYTES + 1)).toBe(false);
  expect(credit.spend(EXEC_WINDOW_BYTES)).toBe(true);
  expect(credit.spend(1)).toBe(false);
  for (const wrong of [0, -1, 1.5, Number.NaN]) expect(credit.give(wrong)).toBe(false);
  expect(credit.give(10)).toBe(true);
  expect(credit.give(EXEC_WINDOW_BYTES)).toBe(false);
  expect([credit.spend(10), credit.spend(1)]).toEqual([true, false]);
});

test("several wait for the same credit, each until there is enough for it", async () => {
  const credit = new ExecCredit();
  credit.spend(EXEC_WINDOW_BYTES);
  const waiting = [credit.spendWhenGiven(3), credit.spendWhenGiven(4)];
  credit.give(5);
  expect(await Promise.race(waiting)).toBe(true);
  credit.give(2);
  expect(await Promise.all(waiting)).toEqual([true, true]);
  const late = credit.spendWhenGiven(1);
  credit.close();
  expect(await late).toBe(false);
});

test("the exit code is the command's, or a shell's for one that could not be run", () => {
  const failed = (code: "CommandNotFound" | "CommandLaunchFailed" | "TaskNotRunning") =>
    exitCodeOfEnd({ state: "failed", code, message: "" });
  expect(exitCodeOfEnd({ state: "exited", exitCode: 42 })).toBe(42);
  expect(
    ["CommandNotFound", "CommandLaunchFailed", "TaskNotRunning"].map((code) =>
      failed(code as "TaskNotRunning"),
    ),
  ).toEqual([127, 126, 1]);
});
