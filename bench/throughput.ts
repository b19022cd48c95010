import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DevFleet, startDev } from "./devFleet.ts";
import { type Part, watchCpu } from "./fleetCpu.ts";
import { nomadRate } from "./nomad.ts";
import type { Figure } from "./report.ts";

const TASKS = 5_000;
const SLOTS = 16;

/** The least that any engine has to do: start the program, at most 16 at once, each with log files of its own. */
async function bareLoop(directory: string): Promise<number> {
  const begun = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < TASKS) {
      const number = next;
      next += 1;
      const stdout = openSync(join(directory, `${number}.out`), "a");
      const stderr = openSync(join(directory, `${number}.err`), "a");
      const child = Bun.spawn(["/bin/true"], { stdin: "ignore", stdout, stderr, detached: true });
      closeSync(stdout);
      closeSync(stderr);
      await child.exited;
    }
  };
  await Promise.all(Array.from({ length: SLOTS }, worker));
  return (TASKS * 1000) / (performance.now() - begun);
}

/** Tasks per second of a shell command that runs all of them; null when its program is not there. */
async function peer(program: string, command: string): Promise<number | null> {
  if (Bun.which(program) === null) return null;
  const begun = performance.now();
  const child = Bun.spawn(["/bin/sh", "-c", command], { stdout: "ignore", stderr: "ignore" });
  await child.exited;
  return child.exitCode === 0 ? (TASKS * 1000) / (performance.now() - begun) : null;
}

interface Ours {
  readonly rate: number;
  readonly cpuMicros: Record<Part, number>;
}

async function stint(fleet: DevFleet): Promise<Ours> {
  try {
    const { client } = fleet;
    await client.jobs.create({ id: "throughput", poolInfo: { poolId: "default" } });
    const tasks = Array.from({ length: TASKS }, (_, index) => ({
      id: `t${index}`,
      commandLine: "/bin/true",
    }));
    const cpu = watchCpu(fleet);
    const begun = performance.now();
    await client.tasks.addMany("throughput", tasks);
    for (;;) {
      const { taskCounts } = await client.jobs.taskCounts("throughput");
      if (taskCounts.completed === TASKS) break;
      await Bun.sleep(50);
    }
    const seconds = (performance.now() - begun) / 1000;
    const used = cpu();
    const micros = (part: Part): number => (used[part] * 1e6) / TASKS;
    const cpuMicros = { server: micros("server"), agent: micros("agent"), shim: micros("shim") };
    return { rate: TASKS / seconds, cpuMicros };
  } finally {
    await fleet.stop();
  }
}

const PEERS: Readonly<Record<string, string>> = {
  parallel: `seq ${TASKS} | parallel -j ${SLOTS} /bin/true {}`,
  hq: `hq submit --array 1-${TASKS} --wait /bin/true`,
  sbatch: `sbatch --wait --array=1-${TASKS}%${SLOTS} --wrap /bin/true`,
};

/** Best of all rounds: what disturbs a round, a busy neighbour or the file system's housekeeping, only ever slows it. */
interface Best {
  bare: number;
  ours: Ours;
  xargs: number;
}

const ROUNDS = 3;

async function measure(): Promise<Best> {
  const best: Best = {
    bare: 0,
    ours: { rate: 0, cpuMicros: { server: 0, agent: 0, shim: 0 } },
    xargs: 0,
  };
  const directories: string[] = [];
  const fleets: DevFleet[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const directory = mkdtempSync(join(tmpdir(), "stint-bare-"));
    directories.push(directory);
    best.bare = Math.max(best.bare, await bareLoop(directory));
    const fleet = await startDev(1, SLOTS);
    fleets.push(fleet);
    const ours = await stint(fleet);
    if (ours.rate > best.ours.rate) best.ours = ours;
    const xargs = await peer("xargs", `seq ${TASKS} | xargs -n 1 -P 2 /bin/true`);
    best.xargs = Math.max(best.xargs, xargs ?? 0);
  }
  // Not before: on ext4 whoever makes files right after thousands were deleted pays for it.
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  for (const fleet of fleets) fleet.remove();
  return best;
}

export async function run(): Promise<Figure[]> {
  const { bare, ours, xargs } = await measure();
  const figures: Figure[] = [
    { name: `stint, one agent of ${SLOTS} slots`, value: ours.rate, unit: "tasks/s" },
    { name: `bare spawn loop, ${SLOTS} at once, log files`, value: bare, unit: "tasks/s" },
    { name: "stint / bare loop", value: ours.rate / bare, unit: "times", goal: 0.6 },
    { name: "CPU a task, server", value: ours.cpuMicros.server, unit: "us" },
    { name: "CPU a task, agent", value: ours.cpuMicros.agent, unit: "us" },
    { name: "CPU a task, shim", value: ours.cpuMicros.shim, unit: "us" },
  ];
  if (xargs > 0) {
    figures.push({ name: "xargs -P 2", value: xargs, unit: "tasks/s" });
    figures.push({
      name: "stint / xargs -P 2",
      value: ours.rate / xargs,
      unit: "times",
      goal: 0.8,
    });
  }
  const nomad = await nomadRate("/bin/true", TASKS);
  if (nomad !== null) figures.push({ name: "nomad", value: nomad, unit: "tasks/s" });
  for (const [program, command] of Object.entries(PEERS)) {
    const rate = await peer(program, command);
    if (rate !== null) figures.push({ name: program, value: rate, unit: "tasks/s" });
  }
  return figures;
}
