import { startNodes } from "./fleetNodes.ts";
import { cpuSecondsOf } from "./machine.ts";
import type { Figure } from "./report.ts";
import { type ServerProcess, startServer } from "./serverProcess.ts";

const NODES = 5_000;
const AT_ONCE = 64;
const ROUNDS = 3;
const SCRIPT = "#!/bin/sh\ndf -h /\n";
const OWN_APPROVAL = ["--allow-self-approval"];

/** An approved script for all of the nodes. */
async function define({ client }: ServerProcess): Promise<void> {
  const { name, sha256 } = await client.scripts.store(
    "diskusage.sh",
    new TextEncoder().encode(SCRIPT),
  );
  const nodeIds = Array.from({ length: NODES }, (_, index) => `sim-${index}`);
  for (let index = 0; index < NODES; index += AT_ONCE) {
    const some = nodeIds.slice(index, index + AT_ONCE);
    await Promise.all(some.map((id) => client.nodes.edit(id, { status: "enable" })));
  }
  await client.definitions.create({
    id: "diskusage",
    script: { name, sha256 },
    osUser: null,
    byOnDemand: "enable",
  });
  await client.definitions.addTargets("diskusage", { nodeIds });
  await client.approvals.request("diskusage", { approverId: "admin" });
  await client.approvals.accept("diskusage");
}

interface Run {
  readonly seconds: number;
  readonly serverCpuMicros: number;
}

/** From the call that starts it to the durable result of the last node. */
async function runOnce({ client, pid }: ServerProcess, round: number): Promise<Run> {
  const ended = Promise.withResolvers<void>();
  const stopped = new AbortController();
  const following = (async () => {
    const type = ["TaskInstanceCompleteEvent"] as const;
    for await (const { properties } of client.events.follow(
      { type: [...type] },
      { signal: stopped.signal },
    )) {
      if (properties["taskInstanceNo"] === round) ended.resolve();
    }
  })().catch(ended.reject);
  // Only what is there when it ends counts, so that following has begun.
  await Bun.sleep(500);
  const cpuBefore = cpuSecondsOf(pid);
  const begun = performance.now();
  await client.definitions.run("diskusage");
  await ended.promise;
  const seconds = (performance.now() - begun) / 1000;
  const serverCpuMicros = ((cpuSecondsOf(pid) - cpuBefore) * 1e6) / NODES;
  stopped.abort();
  await following;
  const { result } = await client.instances.get(round);
  if (result !== "success") throw new Error(`The run ended with ${result}.`);
  return { seconds, serverCpuMicros };
}

/** The fastest that `clush` runs a program for as many workers on this machine, in seconds; null: it is not on PATH. */
async function clushSeconds(): Promise<number | null> {
  if (Bun.which("clush") === null) return null;
  const words = ["-q", "-R", "exec", "-f", String(AT_ONCE), "-w", `n[1-${NODES}]`, "/bin/true"];
  const begun = performance.now();
  const child = Bun.spawn(["clush", ...words], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  const exitCode = await child.exited;
  if (exitCode !== 0) throw new Error(`clush ended with exit code ${exitCode}.`);
  return (performance.now() - begun) / 1000;
}

export async function run(): Promise<Figure[]> {
  const server = await startServer(undefined, OWN_APPROVAL);
  const runs: Run[] = [];
  try {
    const fleet = await startNodes(server, NODES, 1, "fleet");
    await define(server);
    for (let round = 1; round <= ROUNDS; round += 1) runs.push(await runOnce(server, round));
    await fleet.stop();
  } finally {
    await server.stop("SIGKILL");
    server.remove();
  }
  const best = Math.min(...runs.map(({ seconds }) => seconds));
  const cpu = Math.min(...runs.map(({ serverCpuMicros }) => serverCpuMicros));
  const other = await clushSeconds();
  return [
    { name: "5,000 nodes, the first run", value: runs[0]?.seconds ?? 0, unit: "s" },
    { name: "5,000 nodes, best of three runs", value: best, unit: "s", goal: 1, lower: true },
    { name: "server CPU a node", value: cpu, unit: "us" },
    ...(other === null
      ? []
      : [{ name: "clush, 5,000 times /bin/true on this machine", value: other, unit: "s" }]),
  ];
}
