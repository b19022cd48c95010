import { expect } from "bun:test";
import { join } from "node:path";
import { type Bench, type ConformanceSubject, type ConformanceTest, TIMEOUT_MS } from "./bench.ts";

const MEBIBYTE = 1024 * 1024;
/** How members end, are ended, and outlive the agent. */
export const ENDS: Readonly<Record<string, ConformanceTest>> = {
  "a member that is asked to end may answer": letsAnswer,
  "a kill leaves nothing that runs, whatever the member does with signals": killsAll,
  "a member that wants more memory than its limit is killed, where drivers limit": limitsMemory,
  "a command is run beside a member, with its environment": executesBeside,
  "a member runs on while no agent is there, and the next one has it in hand": survivesAgent,
  "a member that ended while no agent was there is told with its exit code": tellsEndOfAbsence,
};

async function letsAnswer(bench: Bench): Promise<void> {
  const start = await bench.startedShell(
    "trap 'echo asked; exit 5' TERM; echo ready; while true; do sleep 0.05; done",
  );
  await bench.said(start, "ready");
  await bench.driver.terminate(start, bench.process(start), "SIGTERM");
  await bench.said(start, "asked");
  await bench.end(start);
}

async function killsAll(bench: Bench): Promise<void> {
  const start = await bench.startedShell(
    "trap '' TERM INT; (trap '' TERM INT; while true; do sleep 0.05; done) & echo ready; while true; do sleep 0.05; done",
  );
  await bench.said(start, "ready");
  await bench.driver.kill(start, bench.process(start));
  const end = await bench.end(start);
  expect(end.exitCode).not.toBe(0);
  expect(bench.groups.members(start.key) ?? []).toEqual([]);
}

async function limitsMemory(bench: Bench, subject: ConformanceSubject): Promise<void> {
  const limits = { memoryBytes: 160 * MEBIBYTE };
  const script = "head -c 500000000 /dev/zero | tail -n 1 > /dev/null; exit 3";
  const start = await bench.startedShell(script, { limits });
  const end = await bench.end(start);
  const canLimit = bench.groups.shortcomings.length === 0;
  expect(end.isOutOfMemory).toBe(subject.hasLimits && canLimit);
}

async function executesBeside(bench: Bench): Promise<void> {
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin", WORD: "inside" };
  const start = await bench.startedShell("echo ready; sleep 60", { env });
  await bench.said(start, "ready");
  const execute = (script: string, timeoutMs: number) =>
    bench.driver.execute(start, bench.process(start), ["/bin/sh", "-c", script], timeoutMs);
  expect(await execute("echo $WORD; exit 2", TIMEOUT_MS)).toEqual({
    state: "exited",
    exitCode: 2,
    output: "inside\n",
  });
  expect(await execute("sleep 60", 200)).toMatchObject({ state: "timedOut" });
  await bench.driver.kill(start, bench.process(start));
  await bench.end(start);
}

async function survivesAgent(bench: Bench): Promise<void> {
  const start = await bench.startedShell("echo ready; while true; do sleep 0.05; done");
  await bench.said(start, "ready");
  const before = bench.process(start);
  const shims = await bench.restart();
  await bench.driver.adopt(() => new Set([start.key]));
  expect(shims.memories.get(start.key)).toMatchObject({ memory: "running" });
  expect(bench.process(start)).toEqual(before);
  await bench.driver.kill(start, bench.process(start));
  expect((await bench.end(start)).exitCode).not.toBe(0);
}

async function tellsEndOfAbsence(bench: Bench, subject: ConformanceSubject): Promise<void> {
  const start = bench.startOf(subject.shell("true"));
  const flag = `${subject.local(start)}/go`;
  const config = subject.shell(`echo ready; while [ ! -e ${flag} ]; do sleep 0.05; done; exit 9`);
  expect(await bench.run({ ...start, config })).toBeNull();
  await bench.said(start, "ready");
  const waiting = bench.restart();
  await Bun.write(join(start.directories.local, "go"), "");
  await waiting;
  const found = (await bench.open()).memories.get(start.key);
  if (found?.memory === "exited") bench.exits.set(start.key, found.exit);
  expect(await bench.end(start)).toMatchObject({ exitCode: 9 });
}
