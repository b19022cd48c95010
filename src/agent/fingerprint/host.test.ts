import { expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { architectureOf, frequencyOf, readHardware, volumeOf } from "./hardware.ts";
import { hostFacts, osOf, readHost } from "./host.ts";

const OPTIONS = { datacenter: "dc1", nodeClass: "", meta: { rack: "r1" } };

test("all cores together are what a node offers, and drivers add their attributes", () => {
  const healthy = { detected: true, healthy: true, description: "24.0" };
  const facts = hostFacts({
    options: OPTIONS,
    agentVersion: "1.2.3",
    ipAddress: "10.0.0.1",
    drivers: new Map([
      ["docker", { facts: healthy, attributes: { "driver.docker.version": "24.0" } }],
    ]),
    hostVolumes: { data: { path: "/srv/data", readOnly: true } },
    hardware: {
      cores: 4,
      frequencyMhz: 2_500,
      modelName: "CPU",
      architecture: "amd64",
      memoryBytes: 8 * 2 ** 30,
      storage: { volume: "/dev/sda1", totalBytes: 2 ** 40, freeBytes: 2 ** 39 },
    },
    kernel: { name: "linux", version: "6.1" },
    os: { name: "debian", version: "12" },
    hostname: "web-1",
  });
  expect(facts.attributes).toMatchObject({
    "cpu.totalcompute": "10000",
    "driver.docker.version": "24.0",
    "stint.version": "1.2.3",
    "unique.hostname": "web-1",
  });
  const { cpuMhz, memoryMb, diskMb, drivers, meta } = facts;
  expect({ cpuMhz, memoryMb, diskMb }).toEqual({
    cpuMhz: 10_000,
    memoryMb: 8_192,
    diskMb: 524_288,
  });
  expect(drivers).toEqual({ docker: healthy });
  expect(facts.hostVolumes).toEqual({ data: { path: "/srv/data", readOnly: true } });
  expect(meta).toEqual({ rack: "r1" });
});

test("this machine's own facts are there", () => {
  const drivers = new Map();
  const more = {
    options: OPTIONS,
    agentVersion: "1",
    ipAddress: "127.0.0.1",
    drivers,
    hostVolumes: {},
  };
  const { attributes, ...facts } = readHost(tmpdir(), more);
  for (const [name, value] of Object.entries(attributes))
    expect([name, value]).not.toEqual([name, ""]);
  expect(attributes["kernel.name"]).toBe("linux");
  expect(facts.cpuMhz).toBeGreaterThan(0);
  expect(facts.memoryMb).toBeGreaterThan(0);
  expect(readHardware("/no/such/directory").storage.totalBytes).toBe(0);
});

test("the frequency is the rated one, else the fastest core's", () => {
  expect(frequencyOf("3500000\n", [800, 900])).toBe(3_500);
  expect(frequencyOf("", [800, 2_445.4])).toBe(2_445);
  expect(frequencyOf("", [0])).toBeGreaterThan(0);
});

test("a directory is on the device of the longest mount point above it", () => {
  const mounts = "/dev/a / ext4 rw 0 0\n/dev/b /var ext4 rw 0 0\n/dev/c /var/lib ext4 rw 0 0\n";
  expect(volumeOf(mounts, "/var/lib/stint")).toBe("/dev/c");
  expect(volumeOf(mounts, "/variable")).toBe("/dev/a");
});

test("names are those that job files use", () => {
  expect([architectureOf("x64"), architectureOf("arm64")]).toEqual(["amd64", "arm64"]);
  expect(osOf('NAME="Debian"\nID=debian\nVERSION_ID="12"\n')).toEqual({
    name: "debian",
    version: "12",
  });
});
