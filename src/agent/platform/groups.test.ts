import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestNode } from "../fixtures/node.ts";
import { startOrder } from "../fixtures/server.ts";
import { detectGroupLayout, layoutOf, pathInHierarchy } from "./groupLayout.ts";
import { openGroups } from "./groups.ts";

const V2 = "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw";
const HYBRID = [
  "31 24 0:27 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory",
  "32 24 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
  "33 24 0:29 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids",
  "34 24 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
].join("\n");
const MEMBERSHIP =
  "4:memory:/docker/1\n3:cpu,cpuacct:/docker/1\n2:pids:/\n0::/system.slice/a.service\n";

test("one unified hierarchy is v2, below the agent's own group", () => {
  expect(layoutOf(V2, MEMBERSHIP, () => true)).toEqual({
    kind: "v2",
    own: "/sys/fs/cgroup/system.slice/a.service",
  });
});

test("hierarchies by controller are v1, with the unified one beside them", () => {
  expect(layoutOf(HYBRID, MEMBERSHIP, () => true)).toEqual({
    kind: "v1",
    memory: "/sys/fs/cgroup/memory/docker/1",
    cpu: "/sys/fs/cgroup/cpu,cpuacct/docker/1",
    pids: "/sys/fs/cgroup/pids",
    unified: "/sys/fs/cgroup/unified/system.slice/a.service",
  });
});

test("a path that only the host can see is looked for at the mount, one that cannot be written is left out", () => {
  const layout = layoutOf(HYBRID, MEMBERSHIP, (path) => path === "/sys/fs/cgroup/memory");
  expect(layout).toEqual({
    kind: "v1",
    memory: "/sys/fs/cgroup/memory",
    cpu: null,
    pids: null,
    unified: null,
  });
});

test("a group is named by its path below the mount of its hierarchy, the innermost", () => {
  const below = (directory: string, mounts: string) => pathInHierarchy(directory, mounts);
  expect(below("/sys/fs/cgroup/system.slice/a.service/stint-1", V2)).toBe(
    "system.slice/a.service/stint-1",
  );
  expect(below("/sys/fs/cgroup/unified/stint-1", `${V2}\n${HYBRID}`)).toBe("stint-1");
});

test("a machine without groups, or with groups of others, has none", () => {
  expect(layoutOf("", "", () => true)).toEqual({
    kind: "none",
    reason: "no control groups are mounted",
  });
  expect(layoutOf(V2, MEMBERSHIP, () => false).kind).toBe("none");
  expect(openGroups({ kind: "none", reason: "why" }, "x").shortcomings).toEqual([
    "memory, CPU and process limits are not enforced: why",
  ]);
});

/** What this machine can enforce; a test of a limit asserts the other case where it cannot. */
function shortcomings(): readonly string[] {
  const groups = openGroups(detectGroupLayout(), "stint-test-probe");
  groups.close();
  return groups.shortcomings;
}

test("the memory limit kills a process that wants more, where the machine can", async () => {
  await using node = await startTestNode();
  const limits = { memoryBytes: 48 * 1024 * 1024 };
  const command = "/bin/sh -c 'head -c 200000000 /dev/zero | tail | wc -c'";
  node.server.order(startOrder(1, command, { command: { limits } }));
  const result = await node.server.resultOf(1);
  const canLimit = !shortcomings().some((line) => line.includes("memory"));
  const written = result.stdout.place.kind === "inline" ? result.stdout.place.base64 : "";
  expect(Buffer.from(written, "base64").toString().trim()).toBe(canLimit ? "0" : "200000000");
  if (canLimit) {
    expect(result.processes[0]?.peakMemoryBytes).toBeLessThanOrEqual(limits.memoryBytes);
    expect(result.processes[0]?.peakMemoryBytes).toBeGreaterThan(limits.memoryBytes / 2);
  }
});

test("the limit of processes holds, where the machine can", async () => {
  await using node = await startTestNode();
  // Many, as with v1 the process joins the group of this limit a moment after its start.
  const command = `/bin/sh -c 'for i in $(seq 1 200); do sleep 30 & done'`;
  node.server.order(startOrder(1, command, { command: { limits: { processes: 3 } } }));
  const { stderr } = await node.server.resultOf(1);
  const canLimit = !shortcomings().some(
    (line) => line.includes("process limits") || line.includes("pids"),
  );
  expect(stderr.sizeBytes > 0).toBe(canLimit);
});

test("a peak of memory that is not the command's own is not reported", async () => {
  await using node = await startTestNode();
  node.server.order(startOrder(1, "/bin/true"));
  const peak = (await node.server.resultOf(1)).processes[0]?.peakMemoryBytes ?? 0;
  expect(peak).toBeLessThan(16 * 1024 * 1024);
});

test("time of processes that nobody waited for counts, where the machine can tell", async () => {
  await using node = await startTestNode();
  const work = "i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done; times; touch done";
  const command = `/bin/sh -c '( (${work}) & ); while [ ! -e done ]; do sleep 0.02; done'`;
  node.server.order(startOrder(1, command));
  const { processes, stdout } = await node.server.resultOf(1);
  const told = stdout.place.kind === "inline" ? stdout.place.base64 : "";
  const seconds = /^0m([\d.]+)s/.exec(Buffer.from(told, "base64").toString())?.[1];
  const usedMs = Number(seconds) * 1000;
  expect(usedMs).toBeGreaterThan(0);
  const layout = detectGroupLayout();
  const canTell = layout.kind === "v2" || (layout.kind === "v1" && layout.unified !== null);
  expect((processes[0]?.cpuMs ?? 0) >= usedMs * 0.8).toBe(canTell);
});

test("groups are removed with the execution, and with the node", async () => {
  const directory = mkdtempSync(join(tmpdir(), "stint-groups-"));
  const groups = openGroups(detectGroupLayout(), `stint-test-${process.pid}`);
  const made = groups.create(7, { memoryBytes: 1e9, cpuCores: 0.5, processes: 10 });
  expect(groups.members(7)).toEqual(made === null ? null : []);
  expect(groups.present()).toEqual(made === null ? [] : [7]);
  groups.close();
  expect(groups.present()).toEqual([]);
  rmSync(directory, { recursive: true });
});

test("in one unified hierarchy limits are files of the execution's group", () => {
  const own = mkdtempSync(join(tmpdir(), "stint-unified-"));
  const groups = openGroups({ kind: "v2", own }, "stint-node");
  expect(groups.shortcomings).toEqual([]);
  const made = groups.create(7, { memoryBytes: 1_000_000, cpuCores: 1.5, processes: 20 });
  const group = join(own, "stint-node/7");
  expect(made).toEqual({
    first: group,
    further: [],
    peakMemoryPath: join(group, "memory.peak"),
    cpuStatPath: join(group, "cpu.stat"),
  });
  const read = (file: string) => readFileSync(join(group, file), "utf8");
  expect(read("memory.max")).toBe("1000000");
  expect(read("cpu.max")).toBe("150000 100000");
  expect(read("pids.max")).toBe("20");
  expect(readFileSync(join(own, "stint-node/cgroup.subtree_control"), "utf8")).toBe("+pids");
  expect(groups.killAll(7)).toBe(true);
  expect(read("cgroup.kill")).toBe("1");
  rmSync(own, { recursive: true });
});

test("beside hierarchies by controller the unified one is enough, unless there are limits", () => {
  const own = mkdtempSync(join(tmpdir(), "stint-split-"));
  const [memory, cpu, pids, unified] = ["memory", "cpu", "pids", "unified"].map((name) => {
    mkdirSync(join(own, name));
    return join(own, name);
  });
  if (!memory || !cpu || !pids || !unified) throw new Error("expected four directories");
  const groups = openGroups({ kind: "v1", memory, cpu, pids, unified }, "stint-node");
  expect(groups.create(7, undefined)).toEqual({
    first: join(unified, "stint-node/7"),
    further: [],
    peakMemoryPath: null,
    cpuStatPath: join(unified, "stint-node/7/cpu.stat"),
  });
  expect(groups.create(8, { memoryBytes: 1_000_000, processes: 20 })).toEqual({
    first: join(memory, "stint-node/8"),
    further: [join(unified, "stint-node/8"), join(pids, "stint-node/8")],
    peakMemoryPath: join(memory, "stint-node/8/memory.max_usage_in_bytes"),
    cpuStatPath: join(unified, "stint-node/8/cpu.stat"),
  });
  expect(groups.create(9, { processes: 20 })?.first).toBe(join(pids, "stint-node/9"));
  groups.remove(9);
  // Wherever its processes are at that moment.
  writeFileSync(join(memory, "stint-node/8/cgroup.procs"), "41\n42\n");
  writeFileSync(join(unified, "stint-node/8/cgroup.procs"), "41\n");
  expect(groups.members(8)).toEqual([41, 42]);
  expect(groups.killAll(8)).toBe(true);
  expect(readFileSync(join(unified, "stint-node/8/cgroup.kill"), "utf8")).toBe("1");
  expect(groups.removeEmpty(7)).toBe(true);
  expect(groups.removeEmpty(8)).toBe(false);
  expect(groups.present()).toEqual([8]);
  rmSync(own, { recursive: true });
});
