import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../fixtures/until.ts";
import { kernelBootId } from "../platform/processIdentity.ts";
import { connectShim } from "./connection.ts";
import { launchShim } from "./launch.ts";
import { SHIM_SOCKET, type ShimRecord, type SpawnRequest } from "./message.ts";

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
  };
}

test("an agent that comes back while the shim starts processes sees none as written and not started", async () => {
  const base = mkdtempSync(join(tmpdir(), "stint-shim-"));
  const directory = join(base, "shim");
  const told: ShimRecord[] = [];
  const events = { onRecord: (record: ShimRecord) => told.push(record), onGone: () => undefined };
  const command = [process.execPath, join(import.meta.dir, "..", "fixtures", "entry.ts")];
  const settings = { version: "1", bootId: kernelBootId() };
  const first = await launchShim(directory, command, settings, events);
  const executions = Array.from({ length: COUNT }, (_, index) => index + 1);
  first.send(executions.map((execution) => spawnOf(execution, base)));
  await until(() => told[0]);
  first.close();
  const second = await connectShim(join(directory, SHIM_SOCKET), events);
  const records = second?.records ?? [];
  const seen = (wanted: ShimRecord["record"]) =>
    new Set(records.filter(({ record }) => record === wanted).map(({ execution }) => execution));
  expect(seen("started").symmetricDifference(seen("spawning"))).toEqual(new Set());
  expect(seen("started").size).toBe(COUNT);
  second?.send([
    ...executions.map((execution) => ({ do: "forget" as const, execution })),
    { do: "retire" },
  ]);
  second?.close();
  rmSync(base, { recursive: true, force: true });
});
