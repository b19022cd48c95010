import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SHOWN } from "../src/agent/drivers/execRoot.ts";
import { ON_NODE, type StartPlace } from "../src/agent/platform/startPlace.ts";
import { elsewhere } from "../src/agent/starter/startElsewhere.ts";
import { EXECUTABLE } from "./devFleet.ts";
import type { Figure } from "./report.ts";

const STARTS = 500;
const WARM_UP = 50;

/** One `/bin/true` after the other, now with the node's root and now with one of its own. Needs root. */
export async function run(): Promise<Figure[]> {
  if (process.getuid?.() !== 0)
    throw new Error("Expected to run as root, which roots are made by.");
  const base = mkdtempSync("/var/tmp/stint-bench-");
  const [place, own] = [join(base, "place"), join(base, "own")];
  for (const path of [place, own]) mkdirSync(path);
  const directories = ["/alloc", "/local", "/secrets", "/tmp", own].map((destination) => ({
    start: own,
    names: [],
    destination,
    readOnly: false,
  }));
  const description = { place, shown: SHOWN, hidden: [], own: directories };
  const root = elsewhere({ kind: "newRoot", root: description }, [EXECUTABLE]);
  const shared: Start[] = [];
  const given: Start[] = [];
  for (let round = 0; round < STARTS + WARM_UP; round += 1) {
    const [first, second] = [await startIn(ON_NODE), await startIn(root)];
    if (round < WARM_UP) continue;
    shared.push(first);
    given.push(second);
  }
  rmSync(base, { recursive: true });
  return [...figuresOf("node's root", shared), ...figuresOf("root of its own", given)];
}

interface Start {
  /** For which the shim does nothing else. */
  readonly startMs: number;
  /** From before the start to the known end. */
  readonly totalMs: number;
  /** Of the starter, if there is one, and the program. */
  readonly cpuMs: number;
}

const TRUE = {
  ...{ program: "/bin/true", argv: ["true"], env: {}, cwd: "/" },
  ...{ uid: null, gid: null, user: null, groups: null },
};

async function startIn(place: StartPlace): Promise<Start> {
  const begunAt = performance.now();
  const { child, begun } = place.start(TRUE, false, ({ words, options, further }) =>
    Bun.spawn(words, { ...options, stdio: ["ignore", "ignore", "ignore", ...further] }),
  );
  const startMs = performance.now() - begunAt;
  const [failure, exitCode] = await Promise.all([begun, child.exited]);
  if (failure !== null || exitCode !== 0) throw new Error(failure?.reason ?? `ended ${exitCode}`);
  const cpuMs = Number(child.resourceUsage()?.cpuTime.total ?? 0) / 1000;
  return { startMs, totalMs: performance.now() - begunAt, cpuMs };
}

const PARTS = { startMs: "start", totalMs: "start to end", cpuMs: "CPU" } as const;

function figuresOf(name: string, starts: readonly Start[]): Figure[] {
  return Object.entries(PARTS).flatMap(([part, what]) => {
    const sorted = starts
      .map((start) => start[part as keyof Start])
      .sort((one, other) => one - other);
    return [0.5, 0.99].map((share) => ({
      name: `${name}, ${what}, p${share * 100}`,
      value: sorted[Math.floor(sorted.length * share)] ?? 0,
      unit: "ms",
    }));
  });
}
