import { expect, test } from "bun:test";
import { UPDATE_DEFAULT } from "../../model/groupDefaults.ts";
import { aMember } from "../../placement/testGroup.ts";
import { planJob } from "./plan.ts";
import { GroupFleet, groupJob } from "./testGroups.ts";

function memory(memoryMb: number) {
  return { members: [aMember({ resources: { cpuMhz: 100, cores: 0, memoryMb, memoryMaxMb: 0 } })] };
}

test("new executions are named by the places that are free", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob({ count: 2 }));
  fleet.starts();
  const [plan] = planJob(fleet.engine, groupJob({ count: 4 }));
  expect(plan).toMatchObject({ create: 2, inPlace: 2, destructive: 0, stop: 0, ignore: 0 });
  expect(plan?.placements.map(({ taskId }) => taskId)).toEqual([
    "example.cache[2]",
    "example.cache[3]",
  ]);
});

test("what has run to its end is not run again by the same job, and is by another version", () => {
  const fleet = new GroupFleet();
  const batch = { type: "batch" } as const;
  const job = groupJob({ count: 2, update: null }, batch);
  fleet.register(job);
  const [first] = fleet.starts();
  if (first === undefined) throw new Error("nothing was started");
  fleet.ends(first, 0, "complete");
  expect(planJob(fleet.engine, job)[0]).toMatchObject({ create: 0, ignore: 2 });
  const other = groupJob({ count: 2, update: null, ...memory(200) }, batch);
  expect(planJob(fleet.engine, other)[0]).toMatchObject({ create: 1, destructive: 1, ignore: 0 });
});

test("a full fleet is told with the reason, and what is replaced makes room", () => {
  const fleet = new GroupFleet(["n1"]);
  fleet.register(groupJob({ ...memory(3_000) }));
  fleet.starts();
  const [same] = planJob(fleet.engine, groupJob({ ...memory(3_500) }));
  expect(same?.placements).toMatchObject([{ nodeId: "n1" }]);
  const [second] = planJob(fleet.engine, groupJob({ count: 2, ...memory(3_000) }));
  expect(second?.placements).toMatchObject([{ taskId: "example.cache[1]", nodeId: null }]);
  expect(second?.reasons[0]).toContain("Resources exhausted on 1 node (n1): memory");
});

test("a group that is gone stops, and a parent plans nothing for itself", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob({ count: 2 }));
  fleet.starts();
  const renamed = planJob(fleet.engine, groupJob({ name: "other", count: 1 }));
  expect(renamed).toMatchObject([
    { group: "other", create: 1 },
    { group: "cache", stop: 2 },
  ]);
  const parameterized = { payload: "optional", metaRequired: [], metaOptional: [] } as const;
  const parent = groupJob({}, { id: "parent", type: "batch" }, { parameterized });
  expect(planJob(fleet.engine, parent)).toMatchObject([{ create: 0, placements: [] }]);
});

test("a system job is planned for each node that suits it", () => {
  const fleet = new GroupFleet();
  const system = groupJob({ reschedule: null, update: null }, { type: "system" });
  expect(planJob(fleet.engine, system)[0]).toMatchObject({ create: 3 });
  fleet.register(system);
  fleet.starts();
  expect(planJob(fleet.engine, system)[0]).toMatchObject({ create: 0, ignore: 3 });
});

test("a version that canaries try is planned as nothing but those, also while they are there", () => {
  const fleet = new GroupFleet();
  const update = { ...UPDATE_DEFAULT, canary: 2 };
  fleet.register(groupJob({ count: 3, update }));
  for (const order of fleet.starts()) fleet.healthy(order);
  const next = groupJob({ count: 5, update, ...memory(200) });
  const [plan] = planJob(fleet.engine, next);
  expect(plan).toMatchObject({ canary: 2, ignore: 3, create: 0, destructive: 0, stop: 0 });
  expect(plan?.placements.map(({ taskId }) => taskId)).toEqual([
    "example.cache[0]",
    "example.cache[1]",
  ]);
  fleet.register(next);
  fleet.starts();
  expect(planJob(fleet.engine, next)[0]).toMatchObject({
    canary: 0,
    ignore: 5,
    create: 0,
    stop: 0,
  });
  const fewer = groupJob({ count: 2, update, ...memory(400) });
  expect(planJob(fleet.engine, fewer)[0]).toMatchObject({ canary: 2, ignore: 2, stop: 3 });
  const without = groupJob({ count: 3, update: UPDATE_DEFAULT, ...memory(400) });
  expect(planJob(fleet.engine, without)[0]).toMatchObject({ canary: 0, destructive: 3, stop: 2 });
  const back = groupJob({ count: 3, update });
  expect(planJob(fleet.engine, back)[0]).toMatchObject({ canary: 0, destructive: 0, stop: 2 });
});

test("canaries beyond the count are planned under names of their own, and without a need there are none", () => {
  const fleet = new GroupFleet();
  const update = { ...UPDATE_DEFAULT, canary: 2 };
  const job = groupJob({ update });
  expect(planJob(fleet.engine, job)[0]).toMatchObject({ canary: 0, create: 1 });
  fleet.register(job);
  for (const order of fleet.starts()) fleet.healthy(order);
  expect(planJob(fleet.engine, groupJob({ count: 2, update }))[0]).toMatchObject({
    canary: 0,
    create: 1,
    inPlace: 1,
  });
  const next = groupJob({ update, ...memory(200) });
  expect(planJob(fleet.engine, next)[0]?.placements.map(({ taskId }) => taskId)).toEqual([
    "example.cache[0]",
    "example.cache[1]",
  ]);
  fleet.register(next);
  fleet.starts();
  expect(planJob(fleet.engine, next)[0]).toMatchObject({ canary: 0, ignore: 3, stop: 0 });
});

test("a plan is the same as long as nothing else changes", () => {
  const fleet = new GroupFleet(["n1", "n2", "n3", "n4", "n5"]);
  const plans = Array.from({ length: 8 }, () => {
    fleet.now += 1_000;
    fleet.engine.now = fleet.now;
    return planJob(fleet.engine, groupJob({ count: 2 }));
  });
  for (const plan of plans) expect(plan).toEqual(plans[0] ?? []);
});
