import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startTestNode } from "../fixtures/node.ts";
import { startOrder } from "../fixtures/server.ts";
import { until } from "../fixtures/until.ts";
import { newBackoff } from "./backoff.ts";

test("the delay doubles from 100 ms to 5 s, less up to half of it by chance", () => {
  const longest = newBackoff(() => 0);
  const delays = Array.from({ length: 8 }, () => longest.nextMs());
  expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  longest.reset();
  expect(longest.nextMs()).toBe(100);
  const shortest = newBackoff(() => 1);
  shortest.longest();
  expect(shortest.nextMs()).toBe(2500);
});

test("a node whose connection is cut comes back and goes on in the same life", async () => {
  await using node = await startTestNode();
  const signal = join(node.root, "goes-on");
  node.server.order(
    startOrder(1, `/bin/sh -c 'until [ -e ${signal} ]; do sleep 0.05; done; exit 4'`),
  );
  await node.server.started(1);
  node.server.cut();
  await node.server.connected();
  const [first, second] = node.server.hellos;
  expect(second?.linkId).toBe(first?.linkId ?? "");
  expect(second?.held).toMatchObject([{ execution: 1, state: "running" }]);
  writeFileSync(signal, "");
  expect((await node.server.resultOf(1)).outcome).toEqual({ state: "exited", exitCode: 4 });
});

test("a result is told once, however often the connection is cut", async () => {
  await using node = await startTestNode();
  for (let execution = 1; execution <= 20; execution += 1) {
    node.server.order(startOrder(execution, "true"));
    if (execution % 4 === 0) {
      node.server.cut();
      await node.server.connected();
      // An order that was cut off with the connection is sent again, as a server does.
      const isKnown = node.server.hellos.at(-1)?.held.some((held) => held.execution === execution);
      if (isKnown !== true) node.server.order(startOrder(execution, "true"));
    }
    await node.server.resultOf(execution);
  }
  const ends = node.server.reports.flatMap((report) =>
    report.kind === "ended" ? [report.execution] : [],
  );
  expect(ends).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
});

test("heartbeats keep coming while nothing happens", async () => {
  await using node = await startTestNode();
  const before = node.server.frames;
  await until(() => (node.server.frames >= before + 2 ? true : undefined));
});

test("a conflict of keys is waited out", async () => {
  await using node = await startTestNode();
  node.server.refusal = "KeyConflict";
  node.server.cut();
  await node.server.connected();
  expect(node.server.hellos).toHaveLength(3);
  const told = node.log.filter((line) => line.includes("KeyConflict"));
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/"reason":"refused by the test","fix":"If another agent.*copy/);
  // The end of that connection is nothing of its own.
  expect(node.log.filter((line) => line.includes('"reason":""'))).toEqual([]);
});

test("a server that does not know the node makes it stop everything and join anew", async () => {
  await using node = await startTestNode();
  node.server.order(startOrder(1, "sleep 600"));
  await node.server.started(1);
  node.server.refusal = "UnknownNode";
  node.server.cut();
  await node.server.connected();
  expect(node.server.joins).toHaveLength(2);
  expect(node.server.hellos.at(-1)).toMatchObject({ held: [] });
});

test("a node that is not known and has no token ends", async () => {
  await using node = await startTestNode();
  await node.restart({ joinToken: null });
  node.server.refusal = "UnknownNode";
  node.server.cut();
  expect(await node.agent.done).toEqual({ reason: "left" });
});

test("a node that joined another pool than it is meant for ends", async () => {
  await using node = await startTestNode();
  await node.restart({ poolId: "POOL" });
  await node.agent.stop();
  const { runAgent } = await import("../agent.ts");
  node.agent = await runAgent({ ...node.options, poolId: "other" });
  const expected = `Expected the node in ${node.data} to be in the pool other, and it joined pool.`;
  expect(await node.agent.done).toEqual({
    reason: "refused",
    message: expect.stringContaining(expected),
  });
});

test("an agent that has never joined needs a token", async () => {
  await using node = await startTestNode();
  const { runAgent } = await import("../agent.ts");
  const dataDirectory = join(node.data, "../other");
  const agent = await runAgent({ ...node.options, joinToken: null, dataDirectory });
  expect(await agent.done).toEqual({
    reason: "refused",
    message: expect.stringMatching(/^Expected a join token, as .*other.* Give --join-token-file/),
  });
  const { stopNode } = await import("../stopNode.ts");
  await stopNode({ ...node.options, dataDirectory });
});
