import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startTestNode } from "./fixtures/node.ts";
import { startOrder } from "./fixtures/server.ts";
import { until } from "./fixtures/until.ts";
import { nodeGroups } from "./platform/nodeGroups.ts";
import { readProcessStat } from "./platform/processIdentity.ts";
import { stopNode } from "./stopNode.ts";

test.each(["auto", "off"] as const)(
  "pulling the plug leaves no process, and the next boot finds what was lost (control groups: %s)",
  async (cgroups) => {
    await using node = await startTestNode({ cgroups, bootId: "boot-1" });
    const script = `/bin/sh -c 'setsid sh -c "echo \\$\\$ > pid; sleep 600" & sleep 600'`;
    node.server.order(startOrder(1, script));
    await node.server.started(1);
    const pidFile = join(node.root, "workitems/job/job-1/task1/wd/pid");
    const pid = await until(
      () => (existsSync(pidFile) ? readFileSync(pidFile, "utf8").trim() : "") || undefined,
    );
    const shim = node.shimPid();
    await node.agent.stop();
    expect(await stopNode({ ...node.options, cgroups })).toBe(true);
    expect(isGone(shim)).toBe(true);
    expect(isGone(Number(pid))).toBe(true);
    await node.restart({ bootId: "boot-2" });
    expect(node.server.hellos.at(-1)?.bootId).toStartWith("boot-2/");
    expect((await node.server.resultOf(1)).outcome).toEqual({ state: "unseen" });
  },
);

test("a node that does not run is stopped already", async () => {
  const place = { dataDirectory: "/no/such", rootDirectory: "/no/such", cgroups: "auto" } as const;
  expect(await stopNode(place)).toBe(true);
});

function isGone(pid: number): boolean {
  return ["Z", "X", undefined].includes(readProcessStat(pid)?.state);
}

test("the control groups of a node are found again by who is in another group", async () => {
  await using node = await startTestNode();
  const script = `/bin/sh -c 'env -i setsid sleep 600 & sleep 600'`;
  node.server.order(startOrder(1, script));
  await node.server.started(1);
  await node.agent.stop();
  const groups = nodeGroups(node.options);
  const members = groups.members(1) ?? [];
  const canGroup = !groups.shortcomings.some((line) => line.includes("not enforced"));
  expect(members.length > 0).toBe(canGroup);
  expect(await stopNode(node.options)).toBe(true);
  expect(members.filter((pid) => !isGone(pid))).toEqual([]);
  expect(nodeGroups(node.options).present()).toEqual([]);
  nodeGroups(node.options).close();
});
