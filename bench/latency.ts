import { percentile, startDev } from "./devFleet.ts";
import type { Figure } from "./report.ts";

const ROUNDS = 300;
const WARM_UP = 30;
/** It says when it looked at the machine's clock, in nanoseconds. */
const CLOCK = ["/bin/date", "+%s%N"] as const;

/**
 * One task on an idle fleet: from the call that adds it to the start of its process, and to the moment when a follower
 * of the events knows that it is completed. The task tells the machine's clock; what the program needs from its start
 * to its look at the clock is measured in the same run, and taken off.
 */
export async function run(): Promise<Figure[]> {
  const fleet = await startDev(2, 4);
  const { client } = fleet;
  try {
    await client.jobs.create({ id: "latency", poolInfo: { poolId: "default" } });
    const ended = new Map<string, (at: number) => void>();
    const following = new AbortController();
    const listening = (async () => {
      const events = client.events.follow(
        { type: ["TaskCompleteEvent"] },
        { signal: following.signal },
      );
      for await (const event of events) {
        const { id } = event.properties as { id: string };
        ended.get(id)?.(performance.timeOrigin + performance.now());
      }
    })().catch(() => {});
    const starts: number[] = [];
    const known: number[] = [];
    for (let round = 0; round < ROUNDS + WARM_UP; round += 1) {
      const id = `t${round}`;
      const { promise, resolve } = Promise.withResolvers<number>();
      ended.set(id, resolve);
      const begun = performance.timeOrigin + performance.now();
      await client.tasks.add("latency", { id, commandLine: CLOCK.join(" ") });
      const knownAt = await promise;
      const output = await (await client.tasks.stdout("latency", id)).text();
      if (round < WARM_UP) continue;
      starts.push(Number(output.trim()) / 1e6 - begun);
      known.push(knownAt - begun);
    }
    following.abort();
    await listening;
    const ownStart = percentile(await ownStarts(), 0.5);
    return [
      { name: "the program's own way to the clock, p50", value: ownStart, unit: "ms" },
      {
        name: "submission to process start, p50",
        value: percentile(starts, 0.5) - ownStart,
        unit: "ms",
        goal: 4,
        lower: true,
      },
      {
        name: "submission to process start, p99",
        value: percentile(starts, 0.99) - ownStart,
        unit: "ms",
        goal: 15,
        lower: true,
      },
      {
        name: "submission to known completion, p50",
        value: percentile(known, 0.5),
        unit: "ms",
        goal: 7,
        lower: true,
      },
      {
        name: "submission to known completion, p99",
        value: percentile(known, 0.99),
        unit: "ms",
        goal: 25,
        lower: true,
      },
    ];
  } finally {
    await fleet.stop();
    fleet.remove();
  }
}

/** From the moment the program has taken a process over to its look at the clock, on a machine as idle as above. */
async function ownStarts(): Promise<number[]> {
  const spent: number[] = [];
  for (let round = 0; round < WARM_UP * 2; round += 1) {
    const child = Bun.spawn([...CLOCK], { stdin: "ignore", stdout: "pipe" });
    // Bun returns once the child has become the program.
    const begun = performance.timeOrigin + performance.now();
    const text = await new Response(child.stdout).text();
    spent.push(Number(text.trim()) / 1e6 - begun);
    await Bun.sleep(10);
  }
  return spent;
}
