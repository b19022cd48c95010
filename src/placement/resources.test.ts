import { expect, test } from "bun:test";
import fc from "fast-check";
import { DYNAMIC_PORT_FIRST, DYNAMIC_PORT_LAST } from "../model/group.ts";
import { runsDriver } from "./drivers.ts";
import { matchesGlob } from "./glob.ts";
import { JobUsage } from "./jobUsage.ts";
import { nodeKind } from "./nodeKind.ts";
import { assignPorts, portShortage, portsNeeded } from "./ports.ts";
import { exceededDimension, resourcesNeeded, resourcesOn } from "./resources.ts";
import { aGroup, aMember, aNetwork, aNode, chance } from "./testGroup.ts";

function member(
  memoryMb: number,
  hook: "prestart" | "poststart" | "poststop" | null,
  sidecar = false,
) {
  return aMember({
    resources: { cpuMhz: memoryMb, cores: 0, memoryMb, memoryMaxMb: 0 },
    lifecycle: hook === null ? null : { hook, sidecar },
  });
}

test("members that follow each other share their room, those that run together add up", () => {
  const rows = [
    [[member(100, null), member(200, null)], 300],
    [[member(500, "prestart"), member(100, null), member(200, null)], 500],
    [[member(50, "prestart", true), member(500, "prestart"), member(100, null)], 550],
    [[member(100, null), member(50, "poststart"), member(400, "poststop")], 400],
    [[], 0],
  ] as const;
  for (const [members, memoryMb] of rows) {
    const needed = resourcesNeeded(aGroup({ members: [...members] }));
    expect(needed).toEqual({ cpuMhz: memoryMb, cores: 0, memoryMb, diskMb: 300 });
  }
});

test("whole cores take their share of the node's MHz", () => {
  const members = [
    aMember({ resources: { cpuMhz: 100, cores: 2, memoryMb: 10, memoryMaxMb: 0 } }),
    aMember({ resources: { cpuMhz: 500, cores: 0, memoryMb: 10, memoryMaxMb: 0 } }),
  ];
  const needed = resourcesNeeded(aGroup({ members }));
  expect(needed).toMatchObject({ cpuMhz: 500, cores: 2 });
  const offered = { cpuMhz: 8_000, cores: 4, memoryMb: 100, diskMb: 1_000 };
  expect(resourcesOn(needed, offered)).toMatchObject({ cpuMhz: 4_500, cores: 2 });
});

test("the first dimension that is exceeded is named", () => {
  const offered = { cpuMhz: 10, cores: 1, memoryMb: 10, diskMb: 10 };
  expect(exceededDimension(offered, offered)).toBeNull();
  expect(exceededDimension({ ...offered, cores: 2 }, offered)).toBe("cores");
  expect(exceededDimension({ ...offered, cpuMhz: 11, memoryMb: 11 }, offered)).toBe("cpu");
  expect(exceededDimension({ ...offered, memoryMb: 11 }, offered)).toBe("memory");
  expect(exceededDimension({ ...offered, diskMb: 11 }, offered)).toBe("disk");
});

test("ports of one node never collide, whatever is asked for", () => {
  const label = fc.string({ minLength: 1, maxLength: 5 });
  const port = fc.option(fc.integer({ min: 19_990, max: 20_010 }));
  fc.assert(
    fc.property(
      fc.array(fc.dictionary(label, port, { maxKeys: 4 }), { maxLength: 12 }),
      fc.nat(),
      (groups, seed) => {
        const used = new Set<number>();
        for (const ports of groups) {
          const networks = [aNetwork(ports)];
          const assigned = assignPorts(networks, used, "10.0.0.1", chance(seed));
          if (assigned === null) {
            expect(portShortage(portsNeeded(networks), used)).not.toBeNull();
            continue;
          }
          const before = used.size;
          for (const { label: name, value } of assigned) {
            used.add(value);
            const wanted = ports[name];
            if (typeof wanted === "number") expect(value).toBe(wanted);
            else expect(value).toBeWithin(DYNAMIC_PORT_FIRST, DYNAMIC_PORT_LAST + 1);
          }
          expect(used.size).toBe(before + assigned.length);
        }
      },
    ),
  );
});

test("the last free dynamic port is found, then there is none", () => {
  const used = new Set<number>();
  for (let port = DYNAMIC_PORT_FIRST; port <= DYNAMIC_PORT_LAST; port += 1) used.add(port);
  used.delete(25_000);
  const networks = [aNetwork({ http: null })];
  expect(assignPorts(networks, used, "", chance())?.[0]?.value).toBe(25_000);
  used.add(25_000);
  expect(portShortage(portsNeeded(networks), used)).toEqual({ kind: "noneFree" });
  expect(assignPorts(networks, used, "", chance())).toBeNull();
});

test("a port inside a container is the one written, else that of the node", () => {
  const ports = [
    { label: "a", static: 8080, to: 80 },
    { label: "b", static: 8081, to: -1 },
    { label: "c", static: 8082, to: 0 },
  ];
  const networks = [{ mode: "bridge" as const, hostname: null, ports }];
  const assigned = assignPorts(networks, new Set(), "10.0.0.1", chance());
  expect(assigned?.map(({ to }) => to)).toEqual([80, 8081, 8082]);
});

test("a driver counts when it is detected and healthy, or an attribute says so", () => {
  const healthy = { detected: true, healthy: true, description: "" };
  const rows = [
    [{ exec: healthy }, {}, true],
    [{ exec: { ...healthy, healthy: false } }, { "driver.exec": "1" }, false],
    [{ exec: { ...healthy, detected: false } }, {}, false],
    [{}, { "driver.exec": "1" }, true],
    [{}, { "driver.exec": "true" }, true],
    [{}, { "driver.exec": "0" }, false],
    [{}, { "driver.exec": "yes" }, false],
    [{}, {}, false],
  ] as const;
  for (const [drivers, attributes, runs] of rows) {
    expect(runsDriver("exec", drivers, attributes)).toBe(runs);
  }
  expect(runsDriver("constructor", {}, {})).toBe(false);
});

test("a star in a datacenter stands for any characters", () => {
  const rows = [
    ["*", "dc1", true],
    ["dc1", "dc1", true],
    ["dc1", "dc10", false],
    ["dc*", "dc10", true],
    ["*-west", "eu-west", true],
    ["a*b*c", "axxbyyc", true],
    ["a*b*c", "acb", false],
    ["ab*ba", "aba", false],
    ["", "", true],
    ["", "dc1", false],
  ] as const;
  for (const [pattern, text, matches] of rows) {
    expect({ pattern, text, matches: matchesGlob(pattern, text) }).toEqual({
      pattern,
      text,
      matches,
    });
  }
});

test("nodes are of one kind if no constraint can tell them apart", () => {
  const drivers = { exec: { detected: true, healthy: true, description: "1.0" } };
  const kind = (node: number, parts: Parameters<typeof aNode>[1] = {}): string =>
    nodeKind(aNode(node, parts).traits, drivers, {});
  expect(kind(1)).toBe(kind(2));
  const unique = { "kernel.name": "linux", "unique.hostname": "b" };
  expect(kind(1, { attributes: unique })).toBe(kind(1));
  expect(kind(1, { meta: { rack: "1" } })).not.toBe(kind(1));
  expect(kind(1, { datacenter: "dc2" })).not.toBe(kind(1));
  const sick = { exec: { detected: true, healthy: false, description: "1.0" } };
  expect(nodeKind(aNode(1).traits, sick, {})).not.toBe(kind(1));
});

test("the use of properties agrees with a plain count after any changes", () => {
  const rack = `\${meta.rack}`;
  const nodes = ["r1", "r2", "r1"].map((value, index) => aNode(index, { meta: { rack: value } }));
  const change = fc.record({
    execution: fc.nat(6),
    node: fc.option(fc.nat(2)),
    group: fc.constantFrom("a", "b"),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const usage = new JobUsage();
      const plain = new Map<number, { group: string; node: number }>();
      for (const { execution, node, group } of changes) {
        const traits = node === null ? undefined : nodes[node]?.traits;
        if (node === null || traits === undefined) {
          usage.remove(execution);
          plain.delete(execution);
        } else {
          usage.add(execution, group, node, traits);
          plain.set(execution, { group, node });
        }
        for (const of of ["a", "b", null]) {
          const mine = [...plain.values()].filter((one) => of === null || one.group === of);
          const inR1 = mine.filter((one) => one.node !== 1).length;
          for (const some of [usage, usage.copy()]) {
            expect(some.byProperty(rack, of).get("r1") ?? 0).toBe(inR1);
          }
          for (const on of [0, 1, 2]) {
            const there = mine.filter((one) => one.node === on).length;
            if (of === null) expect(usage.isOn(on)).toBe(there > 0);
            else expect(usage.countOn(on, of)).toBe(there);
          }
        }
      }
    }),
  );
});
