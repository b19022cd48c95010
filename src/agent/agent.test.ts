import { expect, test } from "bun:test";
import { startTestNode } from "./fixtures/node.ts";
import { startOrder } from "./fixtures/server.ts";

test("a command runs, and its exit code and output come back", async () => {
  await using node = await startTestNode();
  const { server } = node;
  server.order(startOrder(1, "/bin/sh -c 'echo out; echo err >&2; exit 3'"));
  const result = await server.resultOf(1);
  expect(result.outcome).toEqual({ state: "exited", exitCode: 3 });
  expect(result.stdout).toEqual({
    sizeBytes: 4,
    droppedBytes: 0,
    place: { kind: "inline", base64: Buffer.from("out\n").toString("base64") },
  });
  expect(result.stderr.sizeBytes).toBe(4);
  expect(result.startedAt).not.toBeNull();
});
