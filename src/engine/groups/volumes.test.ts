import { expect, test } from "bun:test";
import type { VolumeSpec } from "../../model/group.ts";
import { planJob } from "./plan.ts";
import { GroupFleet, groupJob, HOST } from "./testGroups.ts";

const DATA: VolumeSpec = {
  name: "v",
  type: "host",
  source: "data",
  readOnly: false,
  accessMode: null,
  attachmentMode: null,
  perAlloc: true,
};

/** n1 has nothing, n2 the volume of index 1. */
function fleetOf(): GroupFleet {
  const fleet = new GroupFleet(["n1"]);
  const hostVolumes = { "data[1]": { path: "/srv/1", readOnly: false } };
  fleet.facts = { ...fleet.facts, host: { ...HOST, hostVolumes } };
  fleet.node("n2");
  return fleet;
}

test("each index of a group is placed by its own volume, and one that finds none holds no other up", () => {
  const fleet = fleetOf();
  const spec = groupJob({ count: 2, volumes: [DATA], update: null });
  const [planned] = planJob(fleet.engine, spec);
  expect(planned?.placements.map(({ taskId, nodeId }) => [taskId, nodeId])).toEqual([
    ["example.cache[0]", null],
    ["example.cache[1]", "n2"],
  ]);
  expect(planned?.reasons).toEqual([
    expect.stringMatching(/^Constraint "missing compatible host volumes" excluded 2 nodes /),
  ]);
  fleet.register(spec);
  const order = fleet.start();
  expect([order.allocation?.index, order.nodeId]).toEqual([1, "n2"]);
});
