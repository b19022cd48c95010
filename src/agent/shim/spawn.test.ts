import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FailureInfo } from "../../model/failure.ts";
import type { Spawned } from "../core/shim.ts";
import { SELF_COMMAND } from "../drivers/conformance/bench.ts";
import { mayMount } from "../fixtures/mounts.ts";
import { kernelBootId } from "../platform/processIdentity.ts";
import type { SpawnRequest } from "./message.ts";
import { spawnProcess } from "./spawn.ts";

test.skipIf(!mayMount())("a root that cannot be made is no mistake of the task", async () => {
  const base = mkdtempSync(join(tmpdir(), "stint-spawn-"));
  const request: SpawnRequest = {
    do: "spawn",
    execution: 1,
    bootId: kernelBootId(),
    program: "/bin/true",
    argv: ["true"],
    cwd: "/",
    env: {},
    uid: null,
    gid: null,
    user: null,
    stdoutPath: join(base, "stdout"),
    stderrPath: join(base, "stderr"),
    groups: null,
    root: { place: base, shown: ["/usr"], hidden: [], own: [] },
  };
  const failureOf = async (changes: Partial<SpawnRequest>) => {
    const { promise, resolve } = Promise.withResolvers<Spawned | FailureInfo>();
    const events = { onBegun: resolve, onExit: () => expect.unreachable() };
    expect(spawnProcess({ ...request, ...changes }, SELF_COMMAND, events)).toBe("beginning");
    return promise;
  };
  const { root } = request;
  const place = join(base, "gone");
  expect(await failureOf({ root: root === null ? null : { ...root, place } })).toMatchObject({
    category: "servererror",
    message: expect.stringContaining("could not be made"),
  });
  const mine = { category: "usererror", code: "CommandLaunchFailed" };
  expect(await failureOf({ cwd: "/not/there" })).toMatchObject(mine);
  expect(await failureOf({ program: "/not/there" })).toMatchObject(mine);
  rmSync(base, { recursive: true });
});
