import { expect, test } from "bun:test";
import type { AllocationOrder } from "../allocation.ts";
import type { GroupSpec, MemberSpec } from "../group.ts";
import { DISCONNECT_DEFAULT, RESTART_DEFAULTS } from "../groupDefaults.ts";
import type { NodeTraits } from "../placementSpec.ts";
import { interpolate, interpolateValue, nodeLookup } from "./interpolate.ts";
import { type MemberSurroundings, memberEnvironment } from "./memberEnvironment.ts";

const traits: NodeTraits = {
  id: "5f4e",
  name: "worker-1",
  datacenter: "dc1",
  nodeClass: "large",
  pool: "default",
  attributes: { "kernel.name": "linux", "unique.hostname": "w1" },
  meta: { rack: "r7" },
};

function member(changes: Partial<MemberSpec> = {}): MemberSpec {
  return {
    name: "redis",
    driver: "docker",
    config: {},
    user: null,
    env: {},
    meta: {},
    resources: { cpuMhz: 500, cores: 0, memoryMb: 256, memoryMaxMb: 0 },
    constraints: [],
    affinities: [],
    restart: RESTART_DEFAULTS.service,
    lifecycle: null,
    leader: false,
    killTimeoutMs: 5000,
    killSignal: null,
    shutdownDelayMs: 0,
    services: [],
    artifacts: [],
    templates: [],
    logs: { maxFiles: 10, maxFileSizeMb: 10, disabled: false },
    volumeMounts: [],
    dispatchPayloadFile: null,
    ...changes,
  };
}

function order(only: MemberSpec, meta: Record<string, string> = {}): AllocationOrder {
  const group: GroupSpec = {
    name: "cache",
    count: 1,
    constraints: [],
    affinities: [],
    spreads: [],
    restart: RESTART_DEFAULTS.service,
    reschedule: null,
    update: null,
    migrate: null,
    disconnect: DISCONNECT_DEFAULT,
    ephemeralDisk: { sizeMb: 300, sticky: false, migrate: false },
    networks: [],
    services: [],
    volumes: [],
    shutdownDelayMs: 0,
    meta: { tier: "group" },
    maxRunDurationMs: null,
    members: [only],
  };
  return {
    name: "example.cache[2]",
    allocationId: "0a1b2c3d-0000-4000-8000-000000000000",
    index: 2,
    version: 1,
    jobName: "Example",
    jobType: "service",
    parentJobId: null,
    region: "global",
    namespace: "default",
    datacenter: "dc1",
    meta,
    group,
    ports: [
      { label: "db", value: 20_123, to: 6379, hostIp: "10.0.0.4" },
      { label: "my-admin", value: 8080, to: 0, hostIp: "::1" },
    ],
    health: null,
    payload: null,
  };
}

const surroundings: MemberSurroundings = {
  jobId: "example",
  directories: { alloc: "/a/alloc", task: "/a/redis/local", secrets: "/a/redis/secrets" },
  traits,
  cores: null,
  parentCgroup: null,
  base: {},
};

test("a member sees who it is, what it has and where its ports are", () => {
  const only = member();
  expect(memberEnvironment(order(only), only, surroundings)).toMatchObject({
    NOMAD_ALLOC_DIR: "/a/alloc",
    NOMAD_TASK_DIR: "/a/redis/local",
    NOMAD_SECRETS_DIR: "/a/redis/secrets",
    NOMAD_CPU_LIMIT: "500",
    NOMAD_MEMORY_LIMIT: "256",
    NOMAD_ALLOC_ID: "0a1b2c3d-0000-4000-8000-000000000000",
    NOMAD_SHORT_ALLOC_ID: "0a1b2c3d",
    NOMAD_ALLOC_NAME: "example.cache[2]",
    NOMAD_ALLOC_INDEX: "2",
    NOMAD_TASK_NAME: "redis",
    NOMAD_GROUP_NAME: "cache",
    NOMAD_JOB_ID: "example",
    NOMAD_JOB_NAME: "Example",
    NOMAD_DC: "dc1",
    NOMAD_REGION: "global",
    NOMAD_NAMESPACE: "default",
    NOMAD_IP_db: "10.0.0.4",
    NOMAD_PORT_db: "6379",
    NOMAD_ADDR_db: "10.0.0.4:20123",
    NOMAD_HOST_IP_db: "10.0.0.4",
    NOMAD_HOST_PORT_db: "20123",
    NOMAD_HOST_ADDR_db: "10.0.0.4:20123",
    NOMAD_ALLOC_PORT_db: "6379",
    NOMAD_PORT_my_admin: "8080",
    NOMAD_ADDR_my_admin: "[::1]:8080",
  });
});

test("what a member has not got has no variable", () => {
  const only = member();
  const names = Object.keys(memberEnvironment(order(only), only, surroundings));
  for (const name of ["MEMORY_MAX_LIMIT", "CPU_CORES", "PARENT_CGROUP", "JOB_PARENT_ID"]) {
    expect(names).not.toContain(`NOMAD_${name}`);
  }
});

test("meta of the task goes before the group's, and that before the job's", () => {
  const only = member({ meta: { "log-level": "debug" } });
  const environment = memberEnvironment(
    order(only, { tier: "job", owner: "ops" }),
    only,
    surroundings,
  );
  expect(environment).toMatchObject({
    NOMAD_META_owner: "ops",
    NOMAD_META_OWNER: "ops",
    NOMAD_META_tier: "group",
    NOMAD_META_TIER: "group",
    NOMAD_META_log_level: "debug",
    NOMAD_META_LOG_LEVEL: "debug",
  });
});

test("env may refer to the node, to Nomad's variables and to variables above it", () => {
  const env = {
    DATA: `\${NOMAD_TASK_DIR}/data`,
    WHERE: `\${node.unique.name} in \${node.region}, rack \${meta.rack}`,
    AGAIN: `\${env["DATA"]}:\${DATA}`,
    KERNEL: `\${attr.kernel.name}`,
    NOBODY: `\${HOME_OF_NOBODY}`,
  };
  const only = member({ env });
  expect(memberEnvironment(order(only), only, surroundings)).toMatchObject({
    DATA: "/a/redis/local/data",
    WHERE: "worker-1 in global, rack r7",
    AGAIN: "/a/redis/local/data:/a/redis/local/data",
    KERNEL: "linux",
    NOBODY: `\${HOME_OF_NOBODY}`,
  });
});

test("env may refer to what the driver sets, and goes before it", () => {
  const env = { PATH: `/opt/bin:\${env["PATH"]}`, HOME: "/home/own", WAS: `\${env["HOME"]}` };
  const only = member({ env });
  const driven = { ...surroundings, base: { PATH: "/usr/bin", HOME: "/a/redis", LANG: "C" } };
  expect(memberEnvironment(order(only), only, driven)).toMatchObject({
    PATH: "/opt/bin:/usr/bin",
    HOME: "/home/own",
    WAS: "/home/own",
    LANG: "C",
  });
});

test("a variable that there is not stays as it stands, whichever way it is written", () => {
  const lookup = nodeLookup(traits, "global", { THERE: "yes", "dotted.name": "too" });
  for (const written of [`\${env["NOT"]}`, `\${env.NOT}`, `\${NOT}`, `\${env["node.class"]}`]) {
    expect(interpolate(written, lookup)).toBe(written);
  }
  expect(interpolate(`\${env["THERE"]} \${env.THERE} \${THERE}`, lookup)).toBe("yes yes yes");
  expect(interpolate(`\${ env[ "dotted.name" ] }`, lookup)).toBe("too");
});

test("texts deep within a driver's settings are filled in, and nothing else", () => {
  const lookup = nodeLookup(traits, "global", { NOMAD_PORT_http: "8080" });
  const config = {
    args: ["-p", `\${NOMAD_PORT_http}`],
    mounts: [{ source: `\${meta.rack}` }],
    n: 1,
  };
  expect(interpolateValue(config, lookup)).toEqual({
    args: ["-p", "8080"],
    mounts: [{ source: "r7" }],
    n: 1,
  });
});

test("a name that comes with every object is no reference", () => {
  const lookup = nodeLookup(traits, "global", {});
  expect(interpolate(`\${constructor} \${attr.toString}`, lookup)).toBe(
    `\${constructor} \${attr.toString}`,
  );
});
