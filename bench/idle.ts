import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startDev } from "./devFleet.ts";
import { cpuSecondsOf, memoryOf } from "./machine.ts";
import type { Figure } from "./report.ts";

const SECONDS = 60;
/** After the last task, for compilers and collectors to come to rest. */
const SETTLE_SECONDS = 30;

/** Processes whose command line names the folder. */
function processesBelow(directory: string): { pid: number; words: string[] }[] {
  const found: { pid: number; words: string[] }[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const words = readFileSync(join("/proc", name, "cmdline"), "utf8").split("\0");
      if (words.some((word) => word.startsWith(directory)))
        found.push({ pid: Number(name), words });
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}

/** A minute of nothing: one server, one agent with its shim, after one task each has run. */
export async function run(): Promise<Figure[]> {
  const fleet = await startDev(1, 4);
  try {
    const { client } = fleet;
    await client.jobs.create({ id: "idle", poolInfo: { poolId: "default" } });
    await client.tasks.add("idle", { id: "one", commandLine: "/bin/true" });
    await client.jobs.waitUntilTasksCompleted("idle");
    const processes = processesBelow(fleet.directory);
    const node = processes.filter(
      ({ words }) => words.includes("local-node") || words.includes("shim"),
    );
    const pids = node.map(({ pid }) => pid);
    const cpu = (): number =>
      [fleet.serverPid, ...pids].reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
    await Bun.sleep(SETTLE_SECONDS * 1000);
    const before = cpu();
    await Bun.sleep(SECONDS * 1000);
    const percent = (100 * (cpu() - before)) / SECONDS;
    const nodeMb = pids.reduce((sum, pid) => sum + memoryOf(pid).privateMb, 0);
    const server = memoryOf(fleet.serverPid);
    return [
      { name: "agent + shim, private memory", value: nodeMb, unit: "MB", goal: 20, lower: true },
      {
        name: "server, private memory",
        value: server.privateMb,
        unit: "MB",
        goal: 40,
        lower: true,
      },
      { name: "server, resident memory", value: server.residentMb, unit: "MB" },
      {
        name: "server + agent + shim, CPU",
        value: percent,
        unit: "% of a core",
        goal: 0.2,
        lower: true,
      },
    ];
  } finally {
    await fleet.stop();
    fleet.remove();
  }
}
