import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DevFleet } from "./devFleet.ts";
import { cpuSecondsOf } from "./machine.ts";

/** Parts of a fleet, with the word of the command line by which their processes are known. */
const PARTS = { server: "dev", agent: "local-node", shim: "shim" } as const;

export type Part = keyof typeof PARTS;

/** Processes of the fleet that are such a part. */
export function pidsOf(fleet: DevFleet, part: Part): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && isPart(name, fleet.directory, PARTS[part]))
    .map(Number);
}

function isPart(pid: string, directory: string, word: string): boolean {
  try {
    const words = readFileSync(join("/proc", pid, "cmdline"), "utf8").split("\0");
    return words[1] === word && words.some((other) => other.startsWith(directory));
  } catch {
    // It ended meanwhile.
    return false;
  }
}

/** CPU seconds of each part since the call. */
export function watchCpu(fleet: DevFleet): () => Record<Part, number> {
  const read = (part: Part): number =>
    pidsOf(fleet, part).reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
  const all = () => ({ server: read("server"), agent: read("agent"), shim: read("shim") });
  const before = all();
  return () => {
    const now = all();
    return {
      server: now.server - before.server,
      agent: now.agent - before.agent,
      shim: now.shim - before.shim,
    };
  };
}
