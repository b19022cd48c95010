import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";

interface CpuTimes {
  readonly total: number;
  readonly steal: number;
}

function cpuTimes(): CpuTimes {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  const values = line.split(/\s+/).slice(1).map(Number);
  return { total: values.reduce((sum, value) => sum + value, 0), steal: values[7] ?? 0 };
}

/** Share of the machine's time that was stolen by its host meanwhile, in percent. */
export function watchSteal(): () => number {
  const before = cpuTimes();
  return () => {
    const after = cpuTimes();
    return (100 * (after.steal - before.steal)) / Math.max(1, after.total - before.total);
  };
}

const TICKS_PER_SECOND = 100;

/** CPU seconds that a process has used so far, its threads included; its children are not. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident and private memory of a process in MB. */
export function memoryOf(pid: number): { residentMb: number; privateMb: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const kb = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
  return {
    residentMb: kb("Rss") / 1024,
    privateMb: (kb("Private_Clean") + kb("Private_Dirty")) / 1024,
  };
}

export function machineLine(): string {
  const [cpu] = cpus();
  const memoryGb = Math.round(totalmem() / 1024 ** 3);
  return `${cpus().length} x ${cpu?.model ?? "unknown CPU"}, ${memoryGb} GB, Linux, Bun ${Bun.version}`;
}
