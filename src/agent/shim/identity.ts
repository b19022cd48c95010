import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProcessIdentity } from "../core/contract.ts";
import { isAlive, readProcessStat } from "../platform/processIdentity.ts";
import { SHIM_IDENTITY } from "./message.ts";

/** A killed process is gone within this, unless it hangs in the kernel. */
const KILL_TIMEOUT_MS = 10_000;
const LOOK_AGAIN_MS = 5;

/** A shim writes down who it is before it listens. */
export function writeShimIdentity(directory: string, bootId: string): ProcessIdentity {
  const startTicks = readProcessStat(process.pid)?.startTicks ?? 0;
  const identity = { bootId, pid: process.pid, startTicks };
  writeFileSync(join(directory, SHIM_IDENTITY), JSON.stringify(identity), { mode: 0o600 });
  return identity;
}

/** Null: no shim has begun there. */
export function readShimIdentity(directory: string): ProcessIdentity | null {
  try {
    return JSON.parse(readFileSync(join(directory, SHIM_IDENTITY), "utf8")) as ProcessIdentity;
  } catch {
    return null;
  }
}

/**
 * Sees to it that the shim of the directory is dead; its processes go on. True: it was alive. False when it was not, or
 * would not die.
 */
export async function endShim(directory: string, bootId: string): Promise<boolean> {
  const identity = readShimIdentity(directory);
  if (identity === null || !isAlive(identity, bootId)) return false;
  process.kill(identity.pid, "SIGKILL");
  const until = performance.now() + KILL_TIMEOUT_MS;
  while (isAlive(identity, bootId)) {
    if (performance.now() > until) return false;
    await Bun.sleep(LOOK_AGAIN_MS);
  }
  return true;
}
