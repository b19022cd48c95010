import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SHOWN } from "../src/agent/drivers/execRoot.ts";
import { inNewRoot, ON_NODE, type StartPlace } from "../src/agent/platform/startPlace.ts";
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
  const root = inNewRoot({
    place,
    shown: SHOWN,
    hidden: [],
    own: ["/alloc", "/local", "/secrets", "/tmp", own].map((destination) => ({
      start: own,
      names: [],
      destination,
      readOnly: false,
    })),
  });
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
}

async function startIn(place: StartPlace): Promise<Start> {
  const begunAt = performance.now();
  const child = place.run({ group: null, cwd: "/", user: null }, ({ cwd }) =>
    Bun.spawn(["/bin/true"], { cwd, stdio: ["ignore", "ignore", "ignore"] }),
  );
  const startMs = performance.now() - begunAt;
  await child.exited;
  return { startMs, totalMs: performance.now() - begunAt };
}

function figuresOf(name: string, starts: readonly Start[]): Figure[] {
  return (["startMs", "totalMs"] as const).flatMap((part) => {
    const sorted = starts.map((start) => start[part]).sort((one, other) => one - other);
    const what = part === "startMs" ? "start" : "start to end";
    return [0.5, 0.99].map((share) => ({
      name: `${name}, ${what}, p${share * 100}`,
      value: sorted[Math.floor(sorted.length * share)] ?? 0,
      unit: "ms",
    }));
  });
}
