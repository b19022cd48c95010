import { startDev } from "./devFleet.ts";
import { pidsOf, watchCpu } from "./fleetCpu.ts";
import { memoryOf } from "./machine.ts";
import type { Figure } from "./report.ts";

const SECONDS = 60;
/** After the last task, for compilers and collectors to come to rest. */
const SETTLE_SECONDS = 30;

/** A minute of nothing: one server, one agent with its shim, after one task each has run. */
export async function run(): Promise<Figure[]> {
  const fleet = await startDev(1, 4);
  try {
    const { client } = fleet;
    await client.jobs.create({ id: "idle", poolInfo: { poolId: "default" } });
    await client.tasks.add("idle", { id: "one", commandLine: "/bin/true" });
    await client.jobs.waitUntilTasksCompleted("idle");
    await Bun.sleep(SETTLE_SECONDS * 1000);
    const cpu = watchCpu(fleet);
    await Bun.sleep(SECONDS * 1000);
    const { server: serverSeconds, agent, shim } = cpu();
    const percent = (100 * (serverSeconds + agent + shim)) / SECONDS;
    const nodePids = [...pidsOf(fleet, "agent"), ...pidsOf(fleet, "shim")];
    const nodeMb = nodePids.reduce((sum, pid) => sum + memoryOf(pid).privateMb, 0);
    const [serverPid = 0] = pidsOf(fleet, "server");
    const server = memoryOf(serverPid);
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
