import { expect, test } from "bun:test";
import { aDefinition } from "../fleetFixtures.ts";
import { FakeServer, ran } from "../testCli.ts";

const ROLLING = { batch: "2", canary: "1", pause: "resume" };

const PLAN = {
  isPermitted: true,
  refusals: [],
  revision: 1,
  nodes: ["linux01", "linux02", "linux03"].map((nodeId) => ({ nodeId, attributes: {} })),
  left: [],
  problems: [],
  rolling: ROLLING,
  batches: [
    { isCanary: true, nodeIds: ["linux01"] },
    { isCanary: false, nodeIds: ["linux02", "linux03"] },
  ],
};

test("a plan shows the batches", async () => {
  const server = new FakeServer({ "GET /definitions/disk/plan": PLAN });
  const words = ["task", "plan", "-id", "disk", "-bs", "2", "-ca", "1"];
  const { stdout, exitCode } = await ran(words, server);
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`Rolling: canary 1, then batches of 2, each resumed
+------------+-------+------------------+
| BATCH      | NODES | NODE IDS         |
+------------+-------+------------------+
| 1 (canary) | 1     | linux01          |
| 2          | 2     | linux02, linux03 |
+------------+-------+------------------+
`);
  expect(server.requests[0]?.query).toEqual({ batch: "2", canary: "1" });
  expect(JSON.parse((await ran([...words, "--json"], server)).stdout)).toEqual(PLAN);
});

test.each(["plan", "run", "create -sf a.sh -ou root", "edit"])(
  "without a size of its batches %s has nothing to do with the others",
  async (action) => {
    const server = new FakeServer({});
    const { exitCode, stderr } = await ran(
      ["task", ...action.split(" "), "-id", "disk", "-ca", "1"],
      server,
    );
    expect([exitCode, server.requests.length]).toEqual([2, 0]);
    expect(stderr).toContain("Expected -bs,--batch with -ca,--canary");
  },
);

test("a task has batches of its own, which a view shows and an edit takes away", async () => {
  const server = new FakeServer({
    "PATCH /definitions/diskusage": aDefinition({ rolling: ROLLING }),
    "GET /definitions/diskusage": aDefinition({ rolling: ROLLING }),
  });
  await ran(["task", "edit", "-id", "diskusage", "-bs", "2", "-pa", "15m"], server);
  await ran(["task", "edit", "-id", "diskusage", "--batch", ""], server);
  expect(server.requests.map(({ body }) => body)).toEqual([
    { rolling: { batch: "2", pause: "15m" } },
    { rolling: null },
  ]);
  const { stdout } = await ran(["task", "view", "diskusage"], server);
  expect(stdout).toContain(
    "| [ROLLING]    |                                           |\n|              | canary 1, then batches of 2, each resumed |\n",
  );
});
