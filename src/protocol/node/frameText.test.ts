import { expect, test } from "bun:test";
import { nodeFrameOf, nodeFrameText } from "./frameText.ts";
import type { NodeFrame } from "./message.ts";

const nothing = { sizeBytes: 0, droppedBytes: 0, place: { kind: "empty" } } as const;
const outcome = { state: "exited", exitCode: 0 } as const;
const times = { startedAt: 5, endedAt: 9 };

test("a node's frame is the same again behind its text", () => {
  const main = { member: "main", number: 1, outcome, peakMemoryBytes: 4096, cpuMs: 2, ...times };
  const result = { processes: [main], outcome, ...times, stdout: nothing, stderr: nothing };
  const frames: NodeFrame[] = [
    {
      type: "batch",
      epoch: 0,
      first: 7,
      messages: [
        { kind: "accepted", execution: 1 },
        { kind: "started", execution: 1, startedAt: 5 },
        { kind: "ended", execution: 1, result },
        { kind: "missing", execution: 2 },
        { kind: "removed", removal: 3 },
      ],
      acknowledged: 4,
    },
    { type: "reply", id: 3, answer: { kind: "error", code: "PathNotFound", message: "gone" } },
  ];
  for (const frame of frames) expect(nodeFrameOf(nodeFrameText(frame))).toEqual(frame);
});

test("of a result without a word little is sent", () => {
  const main = { member: "main", number: 1, outcome, peakMemoryBytes: null, cpuMs: null, ...times };
  const result = { processes: [main], outcome, ...times, stdout: nothing, stderr: nothing };
  const text = nodeFrameText({
    type: "batch",
    epoch: 0,
    first: 1,
    messages: [{ kind: "ended", execution: 1, result }],
    acknowledged: 0,
  });
  expect(JSON.parse(text).messages[0].result).toEqual({ outcome, ...times });
});
