import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ShimRecord } from "../core/shimRecord.ts";
import { until } from "../fixtures/until.ts";
import { kernelBootId } from "../platform/processIdentity.ts";
import { connectShim, type ShimConnection } from "./connection.ts";
import { launchShim } from "./launch.ts";
import { SHIM_SOCKET, type SpawnRequest } from "./message.ts";

const COUNT = 64;

function spawnOf(execution: number, cwd: string): SpawnRequest {
  return {
    do: "spawn",
    execution,
    bootId: kernelBootId(),
    program: "/bin/true",
    argv: ["/bin/true"],
    cwd,
    env: {},
    uid: null,
    gid: null,
    stdoutPath: join(cwd, "stdout.txt"),
    stderrPath: join(cwd, "stderr.txt"),
    groups: null,
    user: null,
    root: null,
  };
}

/** A shim of its own, in a directory that is removed in the end, and its first agent. */
async function setUp() {
  const base = mkdtempSync(join(tmpdir(), "stint-shim-"));
  const directory = join(base, "shim");
  const told: ShimRecord[] = [];
  const events = { onRecord: (record: ShimRecord) => told.push(record), onGone: () => undefined };
  const command = [process.execPath, join(import.meta.dir, "..", "fixtures", "entry.ts")];
  const settings = { version: "1", bootId: kernelBootId() };
  const first = await launchShim(directory, command, settings, events);
  const connect = () => connectShim(join(directory, SHIM_SOCKET), events);
  return { base, told, first, connect };
}

/** The shim ends, and what it left is removed. */
function tearDown(base: string, last: ShimConnection | null, executions: readonly number[]): void {
  last?.send([
    ...executions.map((execution) => ({ do: "forget" as const, execution })),
    { do: "retire" },
  ]);
  last?.close();
  rmSync(base, { recursive: true, force: true });
}

test("an agent that comes back while the shim starts processes sees none as written and not started", async () => {
  const { base, told, first, connect } = await setUp();
  const executions = Array.from({ length: COUNT }, (_, index) => index + 1);
  first.send(executions.map((execution) => spawnOf(execution, base)));
  await until(() => told[0]);
  first.close();
  const second = await connect();
  const records = second?.records ?? [];
  const seen = (wanted: ShimRecord["record"]) =>
    new Set(records.filter(({ record }) => record === wanted).map(({ execution }) => execution));
  expect(seen("started").symmetricDifference(seen("spawning"))).toEqual(new Set());
  expect(seen("started").size).toBe(COUNT);
  tearDown(base, second, executions);
});

test("what an agent asks for after the next one has connected is never started", async () => {
  const { base, told, first, connect } = await setUp();
  const second = await connect();
  first.send([spawnOf(1, base)]);
  second?.send([spawnOf(2, base)]);
  await until(() => told.find(({ record }) => record === "exited"));
  const third = await connect();
  expect(new Set(third?.records.map(({ execution }) => execution))).toEqual(new Set([2]));
  for (const agent of [first, second]) agent?.close();
  tearDown(base, third, [2]);
});
