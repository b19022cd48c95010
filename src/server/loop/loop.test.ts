import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Clock } from "../../engine/clock.ts";
import { DEFAULT_SETTINGS } from "../../engine/state.ts";
import { POOL } from "../../engine/testFleet.ts";
import { DEFAULT_FLEET_SETTINGS } from "../../fleet/state.ts";
import { openSqliteStore } from "../../store/sqlite/open.ts";
import type { Store } from "../../store/store.ts";
import { Loop } from "./loop.ts";

const START = 1_800_000_000_000;
const HOUR_MS = 3_600_000;

/** A loop on the store, on a machine whose clock and monotonic time the test sets. */
async function open(store: Store, wall: number) {
  const machine = { wall, monotonic: 0 };
  const clock = new Clock({ wall: () => machine.wall, monotonic: () => machine.monotonic });
  const loop = await Loop.open({
    store,
    settings: DEFAULT_SETTINGS,
    fleetSettings: DEFAULT_FLEET_SETTINGS,
    epoch: 1,
    clock,
    perform: () => undefined,
    onCommit: () => undefined,
    onStep: () => undefined,
    log: () => undefined,
  });
  loop.start();
  return { machine, loop };
}

test("a server that starts on a clock that was set back goes on from the time that is stored", async () => {
  const directory = mkdtempSync(join(tmpdir(), "stint-loop-"));
  const store = await openSqliteStore(join(directory, "stint.db"));
  const first = await open(store, START);
  await first.loop.submit({ kind: "createPool", spec: POOL });
  await first.loop.stop();
  const { machine, loop } = await open(store, START - HOUR_MS);
  expect(loop.engine.now).toBe(START);
  machine.monotonic = 10_000;
  await loop.submit({ kind: "createPool", spec: { ...POOL, id: "another" } });
  expect(loop.engine.now).toBe(START + 9_000);
  await loop.stop();
  await store.close();
  rmSync(directory, { recursive: true });
});
