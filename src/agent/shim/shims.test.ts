import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../fixtures/until.ts";
import { isAlive, kernelBootId } from "../platform/processIdentity.ts";
import { readShimIdentity } from "./identity.ts";
import type { SpawnRequest } from "./message.ts";
import { openShims } from "./shims.ts";

const BOOT = kernelBootId();

function sleepOf(execution: number, cwd: string): SpawnRequest {
  return {
    do: "spawn",
    execution,
    bootId: BOOT,
    program: "/bin/sleep",
    argv: ["sleep", "60"],
    cwd,
    env: {},
    uid: null,
    gid: null,
    stdoutPath: join(cwd, `${execution}.stdout`),
    stderrPath: join(cwd, `${execution}.stderr`),
    groups: null,
    user: null,
    root: null,
  };
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

test("a shim of before there were roots gets no new work", async () => {
  const base = mkdtempSync(join(tmpdir(), "stint-shims-"));
  const directory = join(base, "shims");
  mkdirSync(join(directory, "old"), { recursive: true });
  const requests: string[] = [];
  const old = Bun.listen({
    unix: join(directory, "old", "socket"),
    socket: {
      open(socket) {
        socket.write('{"record":"hello","version":"1","process":{}}\n{"record":"ready"}\n');
      },
      data: (_, chunk) => void requests.push(chunk.toString()),
    },
  });
  const selfCommand = [process.execPath, join(import.meta.dir, "..", "fixtures", "entry.ts")];
  const ended = new Set<number>();
  const events = {
    onStarted: () => undefined,
    onFailed: () => undefined,
    onExited: (execution: number) => ended.add(execution),
  };
  const options = { directory, version: "1", bootId: BOOT, selfCommand, logger: quiet };
  const shims = await openShims(options, events);
  shims.spawn({ ...sleepOf(1, base), program: "/bin/true", argv: ["true"] });
  await until(() => ended.has(1) || undefined);
  await until(() => requests.length > 0 || undefined);
  expect(requests.join("")).toBe('{"do":"retire"}\n');
  shims.forget(1);
  shims.retire();
  shims.close();
  old.stop(true);
  rmSync(base, { recursive: true, force: true });
});

test("a shim that stands still is killed before its journal counts: it starts nothing any more", async () => {
  const base = mkdtempSync(join(tmpdir(), "stint-shims-"));
  const directory = join(base, "shims");
  mkdirSync(directory);
  const selfCommand = [process.execPath, join(import.meta.dir, "..", "fixtures", "entry.ts")];
  const started = new Set<number>();
  const ended = new Set<number>();
  const events = {
    onStarted: (execution: number) => started.add(execution),
    onFailed: (execution: number) => ended.add(execution),
    onExited: (execution: number) => ended.add(execution),
  };
  const options = { directory, version: "1", bootId: BOOT, selfCommand, logger: quiet };
  const first = await openShims(options, events);
  first.spawn(sleepOf(1, base));
  await until(() => started.has(1) || undefined);
  const [name = ""] = readdirSync(directory);
  const shim = readShimIdentity(join(directory, name));
  process.kill(shim?.pid ?? 0, "SIGSTOP");
  first.spawn(sleepOf(2, base));
  // The request is in the socket, and the next agent asks again.
  await Promise.resolve();
  first.close();
  const second = await openShims({ ...options, greetingTimeoutMs: 50 }, events);
  expect(shim !== null && isAlive(shim, BOOT)).toBe(false);
  expect([...second.memories.keys()]).toEqual([1]);
  const memory = second.memories.get(1);
  expect(memory).toMatchObject({ memory: "running" });
  started.delete(2);
  second.spawn(sleepOf(2, base));
  await until(() => started.has(2) || undefined);
  for (const execution of [1, 2]) {
    process.kill(second.processOf(execution)?.pid ?? 0, "SIGKILL");
    await until(() => ended.has(execution) || undefined);
    second.forget(execution);
  }
  const living = readdirSync(directory).map((each) => readShimIdentity(join(directory, each)));
  second.close();
  for (const each of living) if (each !== null) process.kill(each.pid, "SIGKILL");
  rmSync(base, { recursive: true, force: true });
});
