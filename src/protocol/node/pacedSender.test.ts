import { expect, test } from "bun:test";
import { PACED_BUFFER_MAX_BYTES, PacedSender } from "./pacedSender.ts";

function paced() {
  const sent: string[] = [];
  const looks: (() => void)[] = [];
  const state = { buffered: 0, isOpen: true };
  const sender = new PacedSender<string>({
    send(frame) {
      sent.push(frame);
      state.buffered += 100 * 1024;
      return state.isOpen;
    },
    bufferedBytes: () => state.buffered,
    later: (look) => looks.push(look),
  });
  return { sent, looks, state, sender };
}

test("frames go at once while little is buffered, and in order once there is room again", async () => {
  const { sent, looks, state, sender } = paced();
  const all = ["a", "b", "c", "d", "e"].map((frame) => sender.send(frame));
  expect(sent).toEqual(["a", "b", "c"]);
  looks.shift()?.();
  expect(sent).toEqual(["a", "b", "c"]);
  state.buffered = PACED_BUFFER_MAX_BYTES - 1;
  looks.shift()?.();
  expect(sent).toEqual(["a", "b", "c", "d"]);
  state.buffered = 0;
  looks.shift()?.();
  expect(await Promise.all(all)).toEqual([true, true, true, true, true]);
  expect([sent.join(""), looks.length]).toEqual(["abcde", 0]);
});

test("a frame that comes later does not pass those that wait", () => {
  const { sent, state, sender } = paced();
  state.buffered = PACED_BUFFER_MAX_BYTES;
  void sender.send("first");
  state.buffered = 0;
  void sender.send("second");
  expect(sent).toEqual([]);
});

test("nobody waits for a connection that is gone", async () => {
  const { state, sender } = paced();
  state.buffered = PACED_BUFFER_MAX_BYTES;
  const waiting = sender.send("waiting");
  sender.close();
  expect([await waiting, await sender.send("late")]).toEqual([false, false]);
});
