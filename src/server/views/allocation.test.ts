import { expect, test } from "bun:test";
import { groupJob } from "../../engine/groups/testGroups.ts";
import type { MemberState } from "../../model/allocation.ts";
import type { ExecutionAllocation } from "../../model/groupJob.ts";
import { allocationView, type FoundAllocation } from "./allocation.ts";

const STARTED = { type: "Started", at: 1_000, description: "Task started by client" } as const;
const MEMBER: MemberState = {
  member: "redis",
  state: "running",
  failed: false,
  restarts: 0,
  lastRestartAt: null,
  startedAt: 1_000,
  finishedAt: null,
  nextAt: null,
  events: [STARTED],
};

function foundOf(allocation: Partial<ExecutionAllocation>): FoundAllocation {
  return {
    job: { spec: { id: "j" } },
    task: { id: "j.g[0]", spec: {}, progress: {} },
    execution: { number: 1, assignedAt: 0, nodes: [1], state: "running" },
    allocation: {
      id: "x",
      ports: [],
      rescheduled: [],
      scores: [],
      modifiedAt: 0,
      previous: null,
      ...allocation,
    },
  } as unknown as FoundAllocation;
}

/** The events of the members, by type. */
function eventsOf(
  allocation: Pick<ExecutionAllocation, "reconnectedAt">,
  ...parts: readonly Partial<MemberState>[]
): string[][] {
  const members = parts.map((part, index) => ({ ...MEMBER, member: `m${index}`, ...part }));
  const state = { status: "running", members, checks: [], health: null } as const;
  const { members: shown } = allocationView(foundOf({ ...allocation, state }), null, null);
  return shown.map(({ events }) => events.map(({ type }) => type));
}

test("members that ran when their node came back have the event in its place", () => {
  const later = { ...STARTED, type: "Restart Signaled", at: 9_000 } as const;
  expect(
    eventsOf(
      { reconnectedAt: 5_000 },
      { events: [STARTED, later] },
      { finishedAt: 2_000 },
      { startedAt: null, events: [] },
    ),
  ).toEqual([["Started", "Reconnected", "Restart Signaled"], ["Started"], []]);
});

test("members of a node that was always there have no such event", () => {
  expect(eventsOf({}, {})).toEqual([["Started"]]);
});

test("an allocation names the deployment of its version, also when another is the latest", () => {
  const deploymentOf = (version: number, group = "cache") => {
    const history = [
      { version: 2, spec: groupJob() },
      { version: 1, spec: groupJob({ update: null }) },
    ];
    const found = {
      ...foundOf({ version, state: null }),
      job: { number: 7, spec: groupJob(), groups: { version: 3, history, deployment: null } },
      task: { id: "example.cache[0]", spec: { place: { group, index: 0 } }, progress: {} },
    };
    return allocationView(found as unknown as FoundAllocation, null, null).deploymentId;
  };
  expect(deploymentOf(3)).toBe("7-3");
  expect(deploymentOf(2)).toBe("7-2");
  expect(deploymentOf(1)).toBeUndefined();
  expect(deploymentOf(0)).toBeUndefined();
  expect(deploymentOf(3, "other")).toBeUndefined();
});
