import { splitCommandLine } from "../../../model/commandLine.ts";
import type { DriverConfig } from "../config.ts";

/** Options of `docker create` as the driver's configuration, and what has no place in that. */
export interface RunOptions {
  readonly config: DriverConfig;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string | null;
  readonly memoryBytes: number | null;
  readonly cpuCores: number | null;
}

/** Names of the configuration, or `own` for what is treated apart, by the options that lead there. */
const VALUES: Readonly<Record<string, string>> = {
  "--network": "network_mode",
  "--net": "network_mode",
  "--workdir": "work_dir",
  "-w": "work_dir",
  "--entrypoint": "entrypoint",
  "--hostname": "hostname",
  "-h": "hostname",
  "--shm-size": "shm_size",
  "--pids-limit": "pids_limit",
  "--user": "own",
  "-u": "own",
  "--memory": "own",
  "-m": "own",
  "--cpus": "own",
};

const LISTS: Readonly<Record<string, string>> = {
  "--volume": "volumes",
  "-v": "volumes",
  "--add-host": "extra_hosts",
  "--dns": "dns_servers",
  "--cap-drop": "cap_drop",
  "--env": "own",
  "-e": "own",
  "--label": "own",
  "-l": "own",
};

const FLAGS: Readonly<Record<string, string>> = {
  "--privileged": "privileged",
  "--init": "init",
  "--read-only": "readonly_rootfs",
  // Containers are removed in any case.
  "--rm": "",
};

/** Reads `containerRunOptions`. A text says what is not understood: nothing is left out in silence. */
export function readRunOptions(text: string): RunOptions | string {
  if (text.trim() === "") return EMPTY;
  const split = splitCommandLine(text);
  if (!split.ok) return split.reason;
  const found = new Map<string, string[]>();
  for (let at = 0; at < split.words.length; at += 1) {
    const word: string = split.words[at] ?? "";
    const equals: number = word.startsWith("--") ? word.indexOf("=") : -1;
    const name = equals < 0 ? word : word.slice(0, equals);
    if (FLAGS[name] !== undefined && equals < 0) found.set(name, ["true"]);
    else if (VALUES[name] === undefined && LISTS[name] === undefined) return unknown(name);
    else {
      if (equals < 0) at += 1;
      const value = equals < 0 ? split.words[at] : word.slice(equals + 1);
      if (value === undefined) return `Expected a value behind ${name} in containerRunOptions.`;
      found.set(name, [...(found.get(name) ?? []), value]);
    }
  }
  return optionsOf(found);
}

const EMPTY: RunOptions = { config: {}, env: {}, user: null, memoryBytes: null, cpuCores: null };

function unknown(name: string): string {
  const known = [...Object.keys(VALUES), ...Object.keys(LISTS), ...Object.keys(FLAGS)];
  const long = known.filter((each) => each.startsWith("--")).sort();
  return `Expected in containerRunOptions only ${long.join(", ")} and their short forms, got ${name}.`;
}

function optionsOf(found: ReadonlyMap<string, readonly string[]>): RunOptions | string {
  const config: Record<string, string | string[]> = {};
  for (const [name, values] of found) {
    const field = VALUES[name] ?? LISTS[name] ?? FLAGS[name] ?? "";
    if (field === "" || field === "own") continue;
    if (LISTS[name] === undefined) config[field] = values.at(-1) ?? "";
    else config[field] = [...(config[field] ?? []), ...values];
  }
  const all = (...names: string[]) => names.flatMap((name) => found.get(name) ?? []);
  const memory = all("--memory", "-m").at(-1);
  const memoryBytes = memory === undefined ? null : bytesOf(memory);
  if (Number.isNaN(memoryBytes)) return `Expected --memory as 512m or 2g, got ${memory}.`;
  const cpus = all("--cpus").at(-1);
  const shm = all("--shm-size").at(-1);
  if (shm !== undefined) config["shm_size"] = String(bytesOf(shm));
  const labels = pairs(all("--label", "-l"));
  return {
    config: Object.keys(labels).length === 0 ? config : { ...config, labels },
    env: pairs(all("--env", "-e")),
    user: all("--user", "-u").at(-1) ?? null,
    memoryBytes,
    cpuCores: cpus === undefined ? null : Number(cpus),
  };
}

function pairs(texts: readonly string[]): Record<string, string> {
  const entries = texts.map((text) => {
    const at = text.indexOf("=");
    return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
  });
  return Object.fromEntries(entries);
}

const UNITS: Readonly<Record<string, number>> = { "": 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

function bytesOf(text: string): number {
  const [, digits, unit = ""] = /^(\d+)([bkmg]?)b?$/i.exec(text) ?? [];
  return Number(digits) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
}
