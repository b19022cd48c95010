import type { JobSpec } from "../../model/job.ts";
import type { NodeFacts } from "../../model/node.ts";
import type { PoolSpec } from "../../model/pool.ts";

const CORES = 16;
const MHZ = 2_400;
const MEMORY_MB = 65_536;
const DISK_MB = 1_000_000;
const DRIVERS = ["raw_exec", "exec", "docker", "java"];

/** The pool that the job names. */
export function poolOf({ poolId }: JobSpec): PoolSpec {
  return {
    id: poolId,
    displayName: null,
    provider: "none",
    vmSize: "none",
    taskSlotsPerNode: 1,
    nodeFillType: "spread",
    resizeTimeoutMs: 900_000,
    targetDedicatedNodes: 0,
    accepts: ["groups"],
    metadata: [],
  };
}

/** A Linux machine with all drivers and room for much, in one of the job's datacenters. */
export function factsOf({ groups }: JobSpec, index: number): NodeFacts {
  const named = groups?.datacenters.filter((name) => !name.includes("*")) ?? [];
  const ofDrivers = DRIVERS.map((name) => [`driver.${name}`, "1"] as const);
  const ready = { detected: true, healthy: true, description: "" };
  return {
    agentVersion: "simulated",
    hostname: `node-${index + 1}`,
    os: "linux",
    ipAddress: "127.0.0.1",
    cores: CORES,
    memoryBytes: MEMORY_MB * 2 ** 20,
    canReboot: false,
    host: {
      datacenter: named[index % Math.max(1, named.length)] ?? "dc1",
      nodeClass: "",
      meta: {},
      attributes: {
        "kernel.name": "linux",
        "os.name": "debian",
        "cpu.arch": "amd64",
        "cpu.numcores": String(CORES),
        "cpu.totalcompute": String(CORES * MHZ),
        "memory.totalbytes": String(MEMORY_MB * 2 ** 20),
        "unique.hostname": `node-${index + 1}`,
        ...Object.fromEntries(ofDrivers),
      },
      drivers: Object.fromEntries(DRIVERS.map((name) => [name, ready])),
      cpuMhz: CORES * MHZ,
      memoryMb: MEMORY_MB,
      diskMb: DISK_MB,
    },
  };
}
