import { expect, test } from "bun:test";
import type { Pool } from "../../protocol/api/answer/pool.ts";
import { TIME } from "../fixtures.ts";
import { FakeServer, ran } from "../testCli.ts";

function aPool(id: string, changes: Partial<Pool> = {}): Pool {
  return {
    id,
    url: `/api/v1/pools/${id}`,
    provider: "local",
    vmSize: "local",
    eTag: "1",
    creationTime: TIME,
    lastModified: TIME,
    state: "active",
    stateTransitionTime: TIME,
    allocationState: "steady",
    allocationStateTransitionTime: TIME,
    resizeTimeout: "PT15M",
    currentDedicatedNodes: 1,
    targetDedicatedNodes: 2,
    taskSlotsPerNode: 4,
    taskSchedulingPolicy: { nodeFillType: "pack" },
    accepts: ["batch", "groups"],
    metadata: [],
    ...changes,
  };
}

test("pools are listed, those that begin so", async () => {
  const server = new FakeServer({ "GET /pools": { items: [aPool("east-1")], total: 1 } });
  expect(
    (await ran(["pool", "list", "-id", "EAST"], server)).stdout,
  ).toBe(`+--------+--------+------------+-------+-------+----------+--------------+------------------+
| ID     | STATE  | ALLOCATION | NODES | SLOTS | PROVIDER | ACCEPTS      | CREATED AT       |
+--------+--------+------------+-------+-------+----------+--------------+------------------+
| east-1 | active | steady     | 1/2   | 4     | local    | batch,groups | 2026/11/21 03:20 |
+--------+--------+------------+-------+-------+----------+--------------+------------------+

ROWS COUNT : 1/1
`);
  expect(server.requests[0]?.query).toEqual({ idPrefix: "EAST", limit: "30" });
});

test("a pool that machines join by themselves shows how many did, and no target", async () => {
  const pool = aPool("m", { provider: "none", targetDedicatedNodes: 0 });
  const server = new FakeServer({ "GET /pools": { items: [pool] }, "GET /pools/m": pool });
  const { stdout } = await ran(["pool", "list", "--tsv"], server);
  expect(stdout.split("\n")[1]?.split("\t")[3]).toBe("1 joined");
  const view = (await ran(["pool", "view", "m"], server)).stdout;
  expect(view).toMatch(/TARGET NODES +\| machines join by themselves/);
});

test("an empty list is its header and a count of nothing", async () => {
  const server = new FakeServer({ "GET /pools": { items: [] } });
  expect((await ran(["pool", "list"], server)).stdout).toEndWith("+\n\nROWS COUNT : 0/0\n");
});

test("what went wrong with a resize is in the view", async () => {
  const resizeErrors = [{ code: "ResizeTimedOut", message: "1 of 2 nodes came." }];
  const server = new FakeServer({ "GET /pools/p": aPool("p", { resizeErrors }) });
  const { stdout } = await ran(["pool", "view", "p"], server);
  expect(stdout).toContain("| [RESIZE ERRORS]  |");
  expect(stdout).toContain("ResizeTimedOut: 1 of 2 nodes came.");
});

test("a pool is created with what was given and nothing else", async () => {
  const server = new FakeServer({ "POST /pools": { id: "p", url: "" } });
  const words = "pool create p -nn 2 -sl 4 -ft PACK -ac batch,fleet -md owner=me -nm P".split(" ");
  expect((await ran(words, server)).stdout).toBe("p has been created successfully.\n");
  expect(server.requests[0]?.body).toEqual({
    id: "p",
    displayName: "P",
    targetDedicatedNodes: 2,
    taskSlotsPerNode: 4,
    taskSchedulingPolicy: { nodeFillType: "pack" },
    accepts: ["batch", "fleet"],
    metadata: [{ name: "owner", value: "me" }],
  });
  await ran(["pool", "create", "-id", "q"], server);
  expect(server.requests[1]?.body).toEqual({ id: "q" });
});

test("values that fit nowhere are wrong usage", async () => {
  const server = new FakeServer({});
  const kind = await ran(["pool", "create", "p", "-ac", "bach"], server);
  expect(kind.exitCode).toBe(2);
  expect(kind.stderr).toContain('Expected fleet, batch or groups as -ac,--accepts and got "bach".');
  const pair = await ran(["pool", "edit", "p", "-md", "owner"], server);
  expect(pair.stderr).toContain('Expected KEY=VALUE as -md,--metadata and got "owner".');
  const nothing = await ran(["pool", "edit", "p"], server);
  expect(nothing.stderr).toContain("Expected something to change and got nothing.");
  expect(server.requests).toEqual([]);
});

test("a pool is changed, resized, emptied and deleted", async () => {
  const server = new FakeServer({
    "PATCH /pools/p": aPool("p"),
    "POST /pools/p/resize": {},
    "POST /pools/p/stopresize": {},
    "POST /pools/p/removenodes": {},
    "DELETE /pools/p": {},
  });
  const said = async (line: string) => (await ran(line.split(" "), server)).stdout.trimEnd();
  expect(await said("pool edit p -ft spread")).toBe("p has been modified successfully.");
  expect(await said("pool resize p 5 -do taskcompletion -to 10m")).toBe(
    "p's resize has been requested successfully.",
  );
  expect(await said("pool stopresize p")).toBe(
    "The end of p's resize has been requested successfully.",
  );
  expect(await said("pool removenodes p -ni a,b")).toBe(
    "a, b of p: removal has been requested successfully.",
  );
  expect(await said("pool delete p")).toBe("p's deletion has been requested successfully.");
  expect(server.requests.map(({ body }) => body)).toEqual([
    { taskSchedulingPolicy: { nodeFillType: "spread" } },
    { targetDedicatedNodes: 5, nodeDeallocationOption: "taskcompletion", resizeTimeout: "10m" },
    undefined,
    { nodeList: ["a", "b"] },
    undefined,
  ]);
});
