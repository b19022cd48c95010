import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "../src/client/client.ts";

export const EXECUTABLE = join(import.meta.dir, "..", "dist", "stint");

export interface DevFleet {
  readonly client: ReturnType<typeof createClient>;
  readonly url: string;
  readonly token: string;
  readonly directory: string;
  /** Stops it; the folder stays until `remove`. */
  stop(): Promise<void>;
  remove(): void;
}

/** The real executable as `stint dev` in a folder of its own, with all its nodes ready. */
export async function startDev(nodes: number, slots: number): Promise<DevFleet> {
  const directory = mkdtempSync(join(tmpdir(), "stint-bench-"));
  const data = join(directory, ".stint");
  const words = [
    "dev",
    "--data",
    data,
    "--port",
    "0",
    "--nodes",
    String(nodes),
    "--slots",
    String(slots),
  ];
  const child = Bun.spawn([EXECUTABLE, ...words], {
    cwd: directory,
    stdout: "ignore",
    stderr: "inherit",
  });
  const file = join(data, "server.json");
  while (!existsSync(file)) await Bun.sleep(5);
  const { url, token } = JSON.parse(readFileSync(file, "utf8")) as { url: string; token: string };
  const client = createClient({ url, token });
  for (;;) {
    const { items } = await client.nodes.list({ poolId: "default" });
    if (items.filter((node) => node.state === "idle").length === nodes) break;
    await Bun.sleep(10);
  }
  return {
    client,
    url,
    token,
    directory,
    async stop() {
      child.kill("SIGTERM");
      await child.exited;
    },
    remove() {
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
