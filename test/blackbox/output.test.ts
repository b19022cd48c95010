import { beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { processesOfNode } from "./harness/agents.ts";
import { residentBytes } from "./harness/processes.ts";
import { shell, waitForFile } from "./harness/runs.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { createLocalPool, nodeFolder, type ServerProcess, startServer } from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
let server: ServerProcess;
let nodeId: string;

beforeAll(async () => {
  server = await startServer(sandbox);
  [nodeId = ""] = await createLocalPool(server.client, "pool", 1, 4);
  await server.client.jobs.create({ id: "job", poolInfo: { poolId: "pool" } });
});

async function run(id: string, text: string): Promise<void> {
  await server.client.tasks.add("job", { id, commandLine: shell(text) });
  await server.client.jobs.waitUntilTasksCompleted("job", { timeoutMs: 60_000 });
}

/** Reads until so much text is there. */
function readerOf(response: Response) {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  return {
    async until(wanted: string): Promise<string> {
      while (!text.includes(wanted)) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
        if (done) break;
        text += decoder.decode(value, { stream: true });
      }
      return text;
    },
    /** Reads to the end. */
    async rest(): Promise<string> {
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
        if (done) return text;
        text += decoder.decode(value, { stream: true });
      }
    },
  };
}

test("output is followed while it is written, to its end", async () => {
  const { client } = server;
  const gate = (name: string) => join(sandbox.path, `gate-${name}`);
  const wait = (name: string) => waitForFile(gate(name));
  await client.tasks.add("job", {
    id: "followed",
    commandLine: shell(`echo one; ${wait("a")}; echo two; ${wait("b")}; echo three; exit 3`),
  });
  // From before it runs, by the task and by the execution.
  const byTask = readerOf(await client.tasks.stdout("job", "followed", { follow: true }));
  expect(await byTask.until("one\n")).toBe("one\n");
  const { executionNumber = 0 } = await client.tasks.get("job", "followed");
  const number = executionNumber;
  const byExecution = readerOf(await client.executions.stdout(number, { follow: true }));
  expect(await byExecution.until("one\n")).toBe("one\n");
  await Bun.write(gate("a"), "");
  expect(await byTask.until("two\n")).toBe("one\ntwo\n");
  expect(await byExecution.until("two\n")).toBe("one\ntwo\n");
  await Bun.write(gate("b"), "");
  expect(await byTask.rest()).toBe("one\ntwo\nthree\n");
  expect(await byExecution.rest()).toBe("one\ntwo\nthree\n");
});

test("output of any bytes is kept byte for byte, with and without the node's help", async () => {
  const { client } = server;
  // All bytes, 64 times over: more than travels with a result.
  const all = 'i=0; while [ $i -lt 256 ]; do printf "\\\\$(printf %03o $i)"; i=$((i+1)); done';
  await run("small", `${all}; ( ${all} ) >&2`);
  await run("large", `${all} > all; for i in $(seq 64); do cat all; done`);
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  for (const stream of ["stdout", "stderr"] as const) {
    const response = await client.tasks[stream]("job", "small");
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
  }
  const large = await client.tasks.stdout("job", "large");
  expect(Buffer.from(await large.arrayBuffer())).toEqual(Buffer.concat(Array(64).fill(bytes)));
  const part = await client.tasks.stdout("job", "large", { range: { first: 1000, last: 1299 } });
  const expected = Buffer.concat(Array(64).fill(bytes)).subarray(1000, 1300);
  expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, expected]);
});

test("1 GB of output grows neither agent, shim nor server, nor the disk", async () => {
  const { client } = server;
  const folder = await nodeFolder(server, nodeId);
  const { agents, shims } = processesOfNode(sandbox, folder);
  const watched = [server.pid, ...[...agents, ...shims].map(({ pid }) => pid)];
  expect(watched).toHaveLength(3);
  const before = watched.map(residentBytes);
  const text = "echo head; head -c 1000000000 /dev/zero; echo; echo tail";
  await client.tasks.add("job", { id: "gigabyte", commandLine: shell(text) });
  let peaks = before;
  await until(
    "the task to be completed",
    async () => {
      peaks = watched.map((pid, index) => Math.max(residentBytes(pid), peaks[index] ?? 0));
      return (await client.tasks.get("job", "gigabyte")).state;
    },
    (state) => state === "completed",
    60_000,
  );
  const response = await client.tasks.stdout("job", "gigabyte");
  const kept = Buffer.from(await response.arrayBuffer());
  peaks = watched.map((pid, index) => Math.max(residentBytes(pid), peaks[index] ?? 0));
  const growth = peaks.map((peak, index) => peak - (before[index] ?? 0));
  // Far from 1 GB; what a garbage collector leaves lying about is not what is asked for here.
  expect(Math.max(...growth)).toBeLessThan(150_000_000);
  expect(kept.byteLength).toBeLessThan(20_000_000);
  expect(kept.subarray(0, 5).toString()).toBe("head\n");
  expect(kept.subarray(-6).toString()).toBe("\ntail\n");
  expect(kept.includes("bytes were dropped")).toBe(true);
  const { executionNumber = 0 } = await client.tasks.get("job", "gigabyte");
  const { stdout } = await client.executions.get(executionNumber);
  expect(stdout).toMatchObject({ sizeBytes: 1_000_000_011 });
  const disk = await Bun.$`du -s --block-size=1 ${server.data}`.text();
  expect(Number.parseInt(disk, 10)).toBeLessThan(120_000_000);
}, 120_000);

test("output outlives the directory and the node", async () => {
  const { client } = server;
  await client.pools.resize("pool", { targetDedicatedNodes: 0 });
  await until(
    "no node",
    async () => (await client.nodes.list({ poolId: "pool" })).items.length,
    (count) => count === 0,
  );
  expect(await (await client.tasks.stdout("job", "followed")).text()).toBe("one\ntwo\nthree\n");
  const large = await client.tasks.stdout("job", "large");
  expect((await large.arrayBuffer()).byteLength).toBe(64 * 256);
  await expect(client.tasks.readFile("job", "followed", "stdout.txt")).rejects.toThrow();
});
