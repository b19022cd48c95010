import type { Figure } from "./report.ts";
import { startServer } from "./serverProcess.ts";
import { SimulatedNode } from "./simulatedNode.ts";

const TASKS = 1_000_000;
const PER_CALL = 10_000;

/**
 * A server started on a store with a million queued tasks: from the start of its process to the first placement, on a
 * node that tries to connect all the time.
 */
export async function run(): Promise<Figure[]> {
  const first = await startServer();
  const { client } = first;
  await client.pools.create({
    id: "sim",
    provider: "none",
    taskSlotsPerNode: 1,
    accepts: ["batch"],
  });
  await client.jobs.create({ id: "queued", poolInfo: { poolId: "sim" } });
  for (let added = 0; added < TASKS; added += PER_CALL) {
    const batch = Array.from({ length: PER_CALL }, (_, index) => ({
      id: `task-${added + index}`,
      commandLine: "/bin/true",
    }));
    await client.tasks.addMany("queued", batch);
  }
  const { token } = await client.tokens.createJoinToken({ poolId: "sim" });
  await first.stop("SIGKILL");
  const begun = performance.now();
  const second = await startServer(first.data);
  const servesAfterMs = performance.now() - begun;
  const key = (await crypto.subtle.generateKey("Ed25519", true, [
    "sign",
    "verify",
  ])) as CryptoKeyPair;
  const node = new SimulatedNode(second.url, "sim-0", key);
  await node.join(token, 1);
  await node.connect();
  while (node.ended === 0) await Bun.sleep(1);
  const placedAfterMs = performance.now() - begun;
  await second.stop("SIGKILL");
  second.remove();
  return [
    { name: "1,000,000 queued: start to first answer", value: servesAfterMs / 1000, unit: "s" },
    {
      name: "1,000,000 queued: start to first placement",
      value: placedAfterMs / 1000,
      unit: "s",
      goal: 2,
      lower: true,
    },
  ];
}
