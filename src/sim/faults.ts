import { Random } from "./random.ts";

/**
 * All that can go wrong in a run, drawn from the seed before anything else. A mean of 0, or a chance of 0, means never: each
 * fault is absent from about half of the runs, so that faults also occur alone.
 */
export interface Faults {
  /** One-way delay of frames. */
  readonly linkDelayMs: number;
  /** Chances per frame. */
  readonly frameLoss: number;
  readonly frameDuplicate: number;
  readonly frameReorder: number;
  /** Mean time between breaks of a connection, per node; each side may notice late. */
  readonly linkBreakMs: number;
  /** Per machine: no connection can be made for a while. */
  readonly cutOffMs: number;
  /** Per machine: the power goes off and comes back some time later, or never. */
  readonly powerOffMs: number;
  readonly rebootMs: number;
  /** Per reboot and power loss: the node's journal is gone while its identity is kept. */
  readonly journalLoss: number;
  readonly agentCrashMs: number;
  readonly agentPauseMs: number;
  /** Chance per batch of the agent: it is killed between journal and effects, or between two effects. */
  readonly agentCrashInBatch: number;
  readonly shimDeathMs: number;
  /** Chance per start: its shim stands still just then, and maybe the agent is killed meanwhile. */
  readonly shimStall: number;
  readonly serverCrashMs: number;
  /** Chance per batch of the server: it is killed right after a step or a commit. */
  readonly serverCrashInBatch: number;
  readonly serverPauseMs: number;
  readonly commitDelayMs: number;
  readonly commitFail: number;
  /** Chance that a commit succeeds and is reported as failed. */
  readonly commitFailAfter: number;
  /** Mean time between steps of the server's clock. */
  readonly serverClockStepMs: number;
  readonly nodeClockStepMs: number;
  readonly providerFail: number;
  readonly readDelayMs: number;
  readonly flushDelayMs: number;
  /** After so much silence beyond the first grace a node's work is given up (EngineSettings). */
  readonly lostAfterMs: number;
  /** When the faults stop and everything is mended that can be. */
  readonly endMs: number;
}

const MINUTE_MS = 60_000;

/** The faults of a seed. */
export function drawFaults(seed: number): Faults {
  const random = new Random(seed ^ 0x5eed);
  const isCalm = random.chance(0.1);
  const some = (value: () => number): number => {
    const isOn = random.chance(0.5) && !isCalm;
    const drawn = value();
    return isOn ? drawn : 0;
  };
  const chance =
    (most: number): (() => number) =>
    () =>
      Math.round(random.next() * most * 1e4) / 1e4;
  const mean =
    (least: number, most: number): (() => number) =>
    () =>
      random.between(least, most);
  return {
    linkDelayMs: random.skewed(0, 400),
    frameLoss: some(chance(0.15)),
    frameDuplicate: some(chance(0.2)),
    frameReorder: some(chance(0.2)),
    linkBreakMs: some(mean(10_000, 3 * MINUTE_MS)),
    cutOffMs: some(mean(MINUTE_MS, 6 * MINUTE_MS)),
    powerOffMs: some(mean(MINUTE_MS, 8 * MINUTE_MS)),
    rebootMs: some(mean(MINUTE_MS, 6 * MINUTE_MS)),
    journalLoss: some(chance(0.4)),
    agentCrashMs: some(mean(20_000, 4 * MINUTE_MS)),
    agentPauseMs: some(mean(30_000, 4 * MINUTE_MS)),
    agentCrashInBatch: some(chance(0.02)),
    shimDeathMs: some(mean(30_000, 5 * MINUTE_MS)),
    serverCrashMs: some(mean(20_000, 4 * MINUTE_MS)),
    serverCrashInBatch: some(chance(0.02)),
    serverPauseMs: some(mean(MINUTE_MS, 5 * MINUTE_MS)),
    commitDelayMs: some(() => random.skewed(1, 3_000)),
    commitFail: some(chance(0.03)),
    commitFailAfter: some(chance(0.03)),
    serverClockStepMs: some(mean(MINUTE_MS, 5 * MINUTE_MS)),
    nodeClockStepMs: some(mean(MINUTE_MS, 5 * MINUTE_MS)),
    providerFail: some(chance(0.3)),
    readDelayMs: some(() => random.skewed(1, 200)),
    flushDelayMs: random.skewed(0, 50),
    lostAfterMs: random.pick([60_000, 60_000, 5_000]),
    endMs: random.between(2 * MINUTE_MS, 8 * MINUTE_MS),
    shimStall: some(chance(0.3)),
  };
}

/** The faults that occur, in one line. */
export function describeFaults(faults: Faults): string {
  return Object.entries(faults)
    .filter(([, value]) => value > 0)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}
