import { expect, test } from "bun:test";
import type { ExecOrder, ExecOutput } from "../../protocol/node/exec.ts";
import type { ExecInputFrame } from "../../protocol/node/message.ts";
import { PACED_BUFFER_MAX_BYTES } from "../../protocol/node/pacedSender.ts";
import { ConnectionExecs } from "./connectionExecs.ts";

const ORDER: ExecOrder = {
  execution: 1,
  member: null,
  command: ["sh"],
  terminal: { columns: 80, rows: 24, type: "" },
  hasStdin: true,
};

/** A connection to a node, which takes what it is given or not. */
function connection() {
  const frames: ExecInputFrame[] = [];
  const heard: (ExecOutput | "nonsense" | "gone")[] = [];
  const socket = { takes: true, bufferedBytes: 0, sentBytes: 0 };
  const execs = new ConnectionExecs(
    (frame) => {
      if (socket.takes) frames.push(frame);
      return socket.takes;
    },
    {
      sendBytes(frame) {
        if (!socket.takes) return 0;
        socket.sentBytes += frame.byteLength;
        return frame.byteLength;
      },
      bufferedBytes: () => socket.bufferedBytes,
    },
  );
  execs.isUnderstood = true;
  const open = () =>
    execs.open(ORDER, {
      onOutput: (output) => heard.push(output),
      onBytes: () => undefined,
      onNonsense: () => heard.push("nonsense"),
      onGone: () => heard.push("gone"),
    });
  return { execs, frames, heard, socket, open };
}

test("of many sizes the newest is sent, and none while the connection is full", async () => {
  const { frames, socket, open } = connection();
  const node = open();
  socket.bufferedBytes = PACED_BUFFER_MAX_BYTES;
  for (let columns = 1; columns <= 1_000; columns += 1) {
    node.send({ kind: "resize", size: { columns, rows: 1 } });
  }
  node.sendBytes(new Uint8Array(1));
  expect(frames.map(({ input }) => input.kind)).toEqual(["open"]);
  socket.bufferedBytes = 0;
  while (frames.length < 2) await Bun.sleep(1);
  expect(frames.slice(1).map(({ input }) => input)).toEqual([
    { kind: "resize", size: { columns: 1_000, rows: 1 } },
  ]);
});

test("a session of which the connection does not take a message is over", async () => {
  const early = connection();
  early.socket.takes = false;
  early.open();
  expect(early.heard).toEqual(["gone"]);
  const late = connection();
  const node = late.open();
  late.socket.takes = false;
  node.sendBytes(new Uint8Array(1));
  while (late.heard.length === 0) await Bun.sleep(1);
  expect(late.heard).toEqual(["gone"]);
});

test("what a node says is checked, and cut", () => {
  const { execs, heard, open } = connection();
  open();
  const nonsense = [
    null,
    { kind: "ended" },
    { kind: "ended", end: { state: "exited", exitCode: "0" } },
    { kind: "ended", end: { state: "failed", code: "Imagined", message: "" } },
    { kind: "credit", bytes: -1 },
    { kind: "other" },
  ];
  for (const output of nonsense) execs.received(1, output);
  expect(heard).toEqual(nonsense.map(() => "nonsense"));
  execs.received(2, { kind: "ended" });
  const message = "x".repeat(100_000);
  execs.received(1, { kind: "ended", end: { state: "failed", code: "TaskNotRunning", message } });
  expect(heard.at(-1)).toEqual({
    kind: "ended",
    end: { state: "failed", code: "TaskNotRunning", message: message.slice(0, 1_000) },
  });
});

test("an agent that has not said that it runs commands is asked for none", () => {
  const { execs, frames, open } = connection();
  execs.isUnderstood = false;
  expect(open).toThrow("older than commands inside executions");
  expect(frames).toEqual([]);
});
