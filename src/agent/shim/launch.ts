import { closeSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectShim, type ShimConnection, type ShimEvents } from "./connection.ts";
import { SHIM_SETTINGS, SHIM_SOCKET } from "./message.ts";
import type { ShimSettings } from "./shim.ts";

/** A shim that does not listen within this has failed to start; what it said is in its log. */
const START_TIMEOUT_MS = 15_000;
const CONNECT_AGAIN_MS = 4;

/** Both change what a Bun executable does, and neither is meant for what we start. */
export const BUN_VARIABLES = ["BUN_BE_BUN", "BUN_OPTIONS"] as const;

/** Starts a shim in a session of its own, so that it outlives the agent, and connects to it. */
export async function launchShim(
  directory: string,
  selfCommand: readonly string[],
  settings: ShimSettings,
  events: ShimEvents,
): Promise<ShimConnection> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(join(directory, SHIM_SETTINGS), JSON.stringify(settings), { mode: 0o600 });
  const log = openSync(join(directory, "log"), "a", 0o600);
  const env: Record<string, string | undefined> = { ...Bun.env };
  for (const name of BUN_VARIABLES) delete env[name];
  const child = Bun.spawn([...selfCommand, "shim", directory], {
    stdin: "ignore",
    stdout: log,
    stderr: log,
    detached: true,
    env,
  });
  closeSync(log);
  child.unref();
  for (const until = performance.now() + START_TIMEOUT_MS; performance.now() < until; ) {
    const connection = await connectShim(join(directory, SHIM_SOCKET), events);
    if (connection !== null) return connection;
    if (child.exitCode !== null || child.signalCode !== null) break;
    await Bun.sleep(CONNECT_AGAIN_MS);
  }
  child.kill("SIGKILL");
  throw new Error(`The shim did not start; ${join(directory, "log")} has what it said.`);
}
