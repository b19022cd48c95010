import { startNodes } from "./fleetNodes.ts";
import { cpuSecondsOf } from "./machine.ts";
import type { Figure } from "./report.ts";
import { type ServerProcess, startServer } from "./serverProcess.ts";

const NODES = Number(process.env["N"] ?? 5000);
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
async function runOnce({ client, pid }: ServerProcess): Promise<Run> {
  const cpuBefore = cpuSecondsOf(pid);
  const begun = performance.now();
  const { number } = await client.definitions.run("diskusage");
  for (;;) {
    const { endTime, result } = await client.instances.get(number);
    if (endTime !== undefined) {
      if (result !== "success") throw new Error(`The run ended with ${result}.`);
      break;
    }
    await Bun.sleep(10);
  }
  const seconds = (performance.now() - begun) / 1000;
  return { seconds, serverCpuMicros: ((cpuSecondsOf(pid) - cpuBefore) * 1e6) / NODES };
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
    for (let round = 0; round < ROUNDS; round += 1) runs.push(await runOnce(server));
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
