import { percentile, startDev } from "./devFleet.ts";
import type { Figure } from "./report.ts";

const ROUNDS = 300;
const WARM_UP = 30;

/**
 * One task on an idle fleet: from the call that adds it to the start of its process (both clocks are this machine's),
 * and to the moment when a follower of the events knows that it is completed.
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
      // The task itself says when it started: nanoseconds of the machine's clock.
      const begun = performance.timeOrigin + performance.now();
      await client.tasks.add("latency", { id, commandLine: "/bin/date +%s%N" });
      const knownAt = await promise;
      const output = await (await client.tasks.stdout("latency", id)).text();
      if (round < WARM_UP) continue;
      starts.push(Number(output.trim()) / 1e6 - begun);
      known.push(knownAt - begun);
    }
    following.abort();
    await listening;
    return [
      {
        name: "submission to process start, p50",
        value: percentile(starts, 0.5),
        unit: "ms",
        goal: 4,
        lower: true,
      },
      {
        name: "submission to process start, p99",
        value: percentile(starts, 0.99),
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
  }
}
