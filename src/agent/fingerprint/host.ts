import { hostname, release, type } from "node:os";
import type { DriverName } from "../../model/group.ts";
import type { HostFacts, HostVolumeFacts } from "../../model/node.ts";
import type { DriverFingerprint } from "../drivers/driver.ts";
import { type Hardware, readHardware, readOr, toMebibytes } from "./hardware.ts";

/** What the agent's options say of a node. */
export interface HostOptions {
  readonly datacenter: string;
  readonly nodeClass: string;
  readonly meta: Readonly<Record<string, string>>;
}

export const DATACENTER_DEFAULT = "dc1";

export interface HostReading {
  readonly options: HostOptions;
  readonly agentVersion: string;
  readonly ipAddress: string;
  readonly drivers: ReadonlyMap<DriverName, DriverFingerprint>;
  /** Those that the node's configuration lists. */
  readonly hostVolumes: Readonly<Record<string, HostVolumeFacts>>;
  readonly hardware: Hardware;
  readonly kernel: { readonly name: string; readonly version: string };
  readonly os: { readonly name: string; readonly version: string };
  readonly hostname: string;
}

/** Reads what groups are placed by; `directory` is where tasks write. */
export function readHost(
  directory: string,
  more: Pick<HostReading, "options" | "agentVersion" | "ipAddress" | "drivers" | "hostVolumes">,
): HostFacts {
  return hostFacts({
    ...more,
    hardware: readHardware(directory),
    kernel: { name: type().toLowerCase(), version: release() },
    os: osOf(readOr("/etc/os-release") || readOr("/usr/lib/os-release")),
    hostname: hostname(),
  });
}

/** Nomad's attribute names, as constraints of job files have them. */
export function hostFacts(reading: HostReading): HostFacts {
  const { options, hardware, drivers } = reading;
  const cpuMhz = hardware.cores * hardware.frequencyMhz;
  const { storage, memoryBytes } = hardware;
  const attributes: Record<string, string> = {
    "kernel.name": reading.kernel.name,
    "kernel.version": reading.kernel.version,
    "os.name": reading.os.name,
    "os.version": reading.os.version,
    "cpu.arch": hardware.architecture,
    "cpu.numcores": String(hardware.cores),
    "cpu.reservablecores": String(hardware.cores),
    "cpu.frequency": String(hardware.frequencyMhz),
    "cpu.totalcompute": String(cpuMhz),
    "cpu.modelname": hardware.modelName,
    "memory.totalbytes": String(memoryBytes),
    "unique.hostname": reading.hostname,
    "unique.network.ip-address": reading.ipAddress,
    "unique.storage.volume": storage.volume,
    "unique.storage.bytestotal": String(storage.totalBytes),
    "unique.storage.bytesfree": String(storage.freeBytes),
    "stint.version": reading.agentVersion,
  };
  for (const { attributes: own } of drivers.values()) Object.assign(attributes, own);
  return {
    datacenter: options.datacenter,
    nodeClass: options.nodeClass,
    meta: options.meta,
    attributes,
    drivers: Object.fromEntries([...drivers].map(([name, { facts }]) => [name, facts])),
    hostVolumes: reading.hostVolumes,
    cpuMhz,
    memoryMb: toMebibytes(memoryBytes),
    diskMb: toMebibytes(storage.freeBytes),
  };
}

/** ID and VERSION_ID of os-release(5). */
export function osOf(text: string): { name: string; version: string } {
  const read = (key: string) => new RegExp(`^${key}=["']?([^"'\\n]*)`, "m").exec(text)?.[1] ?? "";
  return { name: read("ID"), version: read("VERSION_ID") };
}
