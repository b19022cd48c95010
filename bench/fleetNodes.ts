import { join } from "node:path";
import type { ServerProcess } from "./serverProcess.ts";

const POOL = "sim";

/** Simulated nodes, in a process of their own. */
export interface SimulatedFleet {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Makes a pool and lets simulated nodes join it; ready when all are connected. They are named sim-0, sim-1 and so on. */
export async function startNodes(
  { client, url }: ServerProcess,
  count: number,
  slots: number,
  accepts: "batch" | "fleet",
): Promise<SimulatedFleet> {
  await client.pools.create({
    id: POOL,
    provider: "none",
    taskSlotsPerNode: slots,
    accepts: [accepts],
  });
  const { token } = await client.tokens.createJoinToken({ poolId: POOL });
  const script = join(import.meta.dir, "simulatedNodes.ts");
  const words = [script, url, token, String(count), String(slots)];
  const child = Bun.spawn([process.execPath, ...words], { stdout: "pipe", stderr: "inherit" });
  await child.stdout.getReader().read();
  return {
    pid: child.pid,
    async stop() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}
