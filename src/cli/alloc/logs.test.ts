import { expect, test } from "bun:test";
import { ALLOCATION_ID, aMember, anAllocation, aStub } from "../groupFixtures.ts";
import { FakeServer, ran } from "../testCli.ts";

const OTHER_ID = "aaaaaaaa-0000-4000-8000-000000000001";
const OLD_ID = "bbbbbbbb-0000-4000-8000-000000000001";

/** A job of two groups: `cache` with a newer allocation that has failed, and `web`, of two tasks. */
function serverOf(): FakeServer {
  const log = (text: string) => () => new Response(text);
  const stubs = [
    aStub({ id: OLD_ID, execution: 3, status: "running" }),
    aStub({ execution: 7, status: "failed" }),
    aStub({ id: OTHER_ID, execution: 5, group: "web", status: "failed" }),
  ];
  return new FakeServer({
    "GET /jobs/example/allocations": { items: stubs },
    "GET /jobs/none/allocations": { items: [] },
    [`GET /allocations/${OLD_ID}`]: anAllocation({ id: OLD_ID }),
    "GET /allocations/bb": anAllocation({ id: OLD_ID }),
    [`GET /allocations/${OTHER_ID}`]: anAllocation({
      id: OTHER_ID,
      members: [aMember({ name: "server" }), aMember({ name: "log" })],
    }),
    [`GET /allocations/${OLD_ID}/logs/redis/stdout`]: log("of the one that runs\n"),
    [`GET /allocations/${OTHER_ID}/logs/log/stdout`]: log("of web\n"),
    [`GET /allocations/${ALLOCATION_ID}/logs/redis/stdout`]: log("of the failed one\n"),
  });
}

async function logs(...words: string[]) {
  const { stdout, stderr } = await ran(["alloc", "logs", ...words], serverOf());
  return stdout === "" ? (stderr.split("\n")[0] ?? "") : stdout;
}

test("logs of a job are of its newest allocation that runs, or of the one with the task", async () => {
  expect(await logs("-job", "example")).toBe("of the one that runs\n");
  expect(await logs("-job", "example", "redis")).toBe("of the one that runs\n");
  expect(await logs("-stdout", "-job", "example", "-task", "log")).toBe("of web\n");
  expect(await logs("-job", "example", "-group", "web", "log")).toBe("of web\n");
});

test("a job without such an allocation says so", async () => {
  expect(await logs("-job", "none")).toBe("error: Expected an allocation of none and found none.");
  expect(await logs("-job", "example", "-group", "cache", "log")).toBe(
    "error: Expected an allocation of the group cache of example with the task log and found none.",
  );
});

test("what contradicts itself is wrong usage", async () => {
  for (const [words, said] of [
    ["", "Expected an allocation, or a job with -job, and got neither."],
    ["-group web bb", "Expected -group together with -job."],
    ["-stdout -stderr bb", "Expected one of -stdout and -stderr and got both."],
    [
      "-job example bb redis",
      'Expected only a task with -job, whose newest allocation is taken, and got "bb" and "redis".',
    ],
  ] as const) {
    expect(await logs(...words.split(" ").filter(Boolean))).toBe(`error: ${said}`);
  }
});

test("a short beginning of an id is made whole first, as others may come to begin so", async () => {
  const server = serverOf();
  expect((await ran(["alloc", "logs", "bb", "redis"], server)).stdout).toBe(
    "of the one that runs\n",
  );
  expect(server.requests.at(-1)?.path).toBe(`/allocations/${OLD_ID}/logs/redis/stdout`);
});
