import { type DevFleet, percentile, startDev } from "./devFleet.ts";
import { watchCpu } from "./fleetCpu.ts";
import type { Figure } from "./report.ts";

const ROUNDS = 300;
const WARM_UP = 30;
/** It says when it looked at the machine's clock, in nanoseconds. */
const CLOCK = ["/bin/date", "+%s%N"] as const;

/** Milliseconds from the call that adds a task, round by round, and what a round cost. */
interface Measured {
  /** To the program's look at the clock. */
  readonly looks: readonly number[];
  /** To the moment when a follower of the events knows that it is completed. */
  readonly known: readonly number[];
  readonly cpuMicros: number;
}

/**
 * One task on an idle fleet: from the call that adds it to the start of its process, and to the moment when a follower
 * of the events knows that it is completed. The task tells the machine's clock; what the program needs from its start
 * to its look at the clock is measured in the same run, and taken off.
 */
export async function run(): Promise<Figure[]> {
  const fleet = await startDev(2, 4);
  try {
    const { looks, known, cpuMicros } = await measure(fleet);
    const ownStart = percentile(await ownStarts(), 0.5);
    const starts = looks.map((look) => look - ownStart);
    return [
      { name: "CPU a task, server, agents and shims", value: cpuMicros, unit: "us" },
      { name: "the program's own way to the clock, p50", value: ownStart, unit: "ms" },
      ...shares("submission to process start", starts, { p50: 4, p99: 15 }),
      ...shares("submission to known completion", known, { p50: 7, p99: 25 }),
    ];
  } finally {
    await fleet.stop();
    fleet.remove();
  }
}

function shares(
  name: string,
  values: readonly number[],
  goals: { readonly p50: number; readonly p99: number },
): Figure[] {
  const of = (share: number, goal: number) => ({
    name: `${name}, p${share * 100}`,
    value: percentile(values, share),
    unit: "ms",
    goal,
    lower: true,
  });
  return [of(0.5, goals.p50), of(0.99, goals.p99)];
}

async function measure(fleet: DevFleet): Promise<Measured> {
  const { client } = fleet;
  await client.jobs.create({ id: "latency", poolInfo: { poolId: "default" } });
  const ended = new Map<string, (at: number) => void>();
  const following = new AbortController();
  const listening = follow(fleet, following.signal, ended).catch(() => {});
  let cpu = watchCpu(fleet);
  const looks: number[] = [];
  const known: number[] = [];
  for (let round = 0; round < ROUNDS + WARM_UP; round += 1) {
    if (round === WARM_UP) cpu = watchCpu(fleet);
    const id = `t${round}`;
    const { promise, resolve } = Promise.withResolvers<number>();
    ended.set(id, resolve);
    const begun = now();
    await client.tasks.add("latency", { id, commandLine: CLOCK.join(" ") });
    const knownAt = await promise;
    const output = await (await client.tasks.stdout("latency", id)).text();
    if (round < WARM_UP) continue;
    looks.push(Number(output.trim()) / 1e6 - begun);
    known.push(knownAt - begun);
  }
  const { server, agent, shim } = cpu();
  following.abort();
  await listening;
  return { looks, known, cpuMicros: ((server + agent + shim) * 1e6) / ROUNDS };
}

async function follow(
  { client }: DevFleet,
  signal: AbortSignal,
  ended: ReadonlyMap<string, (at: number) => void>,
): Promise<void> {
  for await (const event of client.events.follow({ type: ["TaskCompleteEvent"] }, { signal })) {
    const { id } = event.properties as { id: string };
    ended.get(id)?.(now());
  }
}

/** The machine's clock, finer than a millisecond. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

/** From the moment the program has taken a process over to its look at the clock, on a machine as idle as above. */
async function ownStarts(): Promise<number[]> {
  const spent: number[] = [];
  for (let round = 0; round < WARM_UP * 2; round += 1) {
    const child = Bun.spawn([...CLOCK], { stdin: "ignore", stdout: "pipe" });
    // Bun returns once the child has become the program.
    const begun = now();
    const text = await new Response(child.stdout).text();
    spent.push(Number(text.trim()) / 1e6 - begun);
    await Bun.sleep(10);
  }
  return spent;
}
