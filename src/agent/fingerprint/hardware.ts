import { readFileSync, statfsSync } from "node:fs";
import { arch, cpus, totalmem } from "node:os";

const MEBIBYTE = 1024 * 1024;

export interface Hardware {
  readonly cores: number;
  /** Of one core; 0: not known. */
  readonly frequencyMhz: number;
  readonly modelName: string;
  /** As Go names it: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly memoryBytes: number;
  readonly storage: Storage;
}

export interface Storage {
  /** What the task directories lie on. */
  readonly volume: string;
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/** What this machine has; `directory` is where its tasks write. */
export function readHardware(directory: string): Hardware {
  const all = cpus();
  return {
    cores: Math.max(all.length, 1),
    frequencyMhz: frequencyOf(
      readOr("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq"),
      all.map(({ speed }) => speed),
    ),
    modelName: all[0]?.model.trim() ?? "",
    architecture: architectureOf(arch()),
    memoryBytes: totalmem(),
    storage: readStorage(directory),
  };
}

const KHZ_PER_MHZ = 1_000;
/** Where a machine does not say how fast it is, as many virtual ones on ARM. */
const FREQUENCY_UNKNOWN_MHZ = 1_000;

/** The rated frequency in kHz if the kernel knows it, else the fastest core's present one. */
export function frequencyOf(rated: string, present: readonly number[]): number {
  const fromKernel = Number(rated.trim()) / KHZ_PER_MHZ;
  if (fromKernel > 0) return Math.round(fromKernel);
  const fastest = Math.max(0, ...present);
  return fastest > 0 ? Math.round(fastest) : FREQUENCY_UNKNOWN_MHZ;
}

export function architectureOf(name: string): string {
  return name === "x64" ? "amd64" : name === "ia32" ? "386" : name;
}

function readStorage(directory: string): Storage {
  const volume = volumeOf(readOr("/proc/self/mounts"), directory);
  try {
    const { blocks, bavail, bsize } = statfsSync(directory);
    return { volume, totalBytes: blocks * bsize, freeBytes: bavail * bsize };
  } catch {
    return { volume, totalBytes: 0, freeBytes: 0 };
  }
}

/** The device of the longest mount point that the directory lies below. */
export function volumeOf(mounts: string, directory: string): string {
  let found = { device: "", length: -1 };
  for (const line of mounts.split("\n")) {
    const [device = "", point = ""] = line.split(" ");
    const isAbove = point === "/" || directory === point || directory.startsWith(`${point}/`);
    if (isAbove && point.length >= found.length) found = { device, length: point.length };
  }
  return found.device;
}

export function toMebibytes(bytes: number): number {
  return Math.floor(bytes / MEBIBYTE);
}

export function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
