import { expect, test } from "bun:test";
import fc from "fast-check";
import { UPDATE_DEFAULT } from "../model/groupDefaults.ts";
import {
  decideCanaries,
  decidePromotion,
  type PromotableGroup,
  runningDescription,
} from "./canary.ts";
import type { RolloutTask } from "./rollout.ts";

const WELL: RolloutTask = { state: "current", healthy: true, isRunning: true };
const OPEN: RolloutTask = { state: "current", healthy: null, isRunning: true };
const SICK: RolloutTask = { state: "current", healthy: false, isRunning: true };

test("canaries that are all healthy wait without a deadline; others fail at it", () => {
  const given = { policy: UPDATE_DEFAULT, deployment: "running", wanted: 2 } as const;
  const late = { ...given, progressBy: 10, now: 10 };
  const ready = decideCanaries({ ...late, canaries: [WELL, WELL] });
  expect(ready).toMatchObject({ isReady: true, failure: null });
  const open = decideCanaries({ ...late, canaries: [WELL, OPEN] });
  expect(open).toMatchObject({ healthy: 1, isReady: false });
  expect(open.failure).toBe("Failed due to progress deadline");
  expect(decideCanaries({ ...late, canaries: [WELL, OPEN], now: 9 }).failure).toBe(null);
});

test("without a progress deadline the first unhealthy or failed canary fails the deployment", () => {
  const policy = { ...UPDATE_DEFAULT, progressDeadlineMs: 0 };
  const given = { policy, deployment: "running", wanted: 1, progressBy: null, now: 0 } as const;
  const why = "Failed due to unhealthy allocations";
  expect(decideCanaries({ ...given, canaries: [SICK] }).failure).toBe(why);
  expect(decideCanaries({ ...given, canaries: [{ state: "failed" }] }).failure).toBe(why);
  expect(decideCanaries({ ...given, canaries: [{ state: "waiting" }] }).failure).toBe(null);
  expect(decideCanaries({ ...given, deployment: "failed", canaries: [SICK] }).failure).toBe(null);
});

function promotable(group: string, parts: Partial<PromotableGroup> = {}): PromotableGroup {
  return { group, wanted: 1, healthy: 1, isPromoted: false, autoPromote: false, ...parts };
}

const ALL = { kind: "all" } as const;
const AUTO = { kind: "auto" } as const;

for (const [what, groups, wish, promote, reason] of [
  ["healthy", [promotable("a")], ALL, ["a"], "All canaries are healthy"],
  [
    "too few healthy",
    [promotable("a", { healthy: 0 }), promotable("b")],
    ALL,
    [],
    'Task group "a" has 0/1 healthy allocations',
  ],
  [
    "one of two",
    [promotable("a", { healthy: 0 }), promotable("b")],
    { kind: "groups", names: ["b"] },
    ["b"],
    "All canaries are healthy",
  ],
  ["promoted before", [promotable("a", { isPromoted: true })], ALL, [], "No canaries wait"],
  [
    "unknown",
    [promotable("a")],
    { kind: "groups", names: ["x"] },
    [],
    'The deployment has no task group "x"',
  ],
  [
    "without canaries",
    [promotable("a"), promotable("b", { wanted: 0, healthy: 0 })],
    { kind: "groups", names: ["b"] },
    [],
    'Task group "b" has no canaries',
  ],
  ["by hand only", [promotable("a")], AUTO, [], 'Task group "a" without auto_promote'],
  [
    "by itself, as a whole",
    [promotable("a", { autoPromote: true }), promotable("b")],
    AUTO,
    [],
    'Task group "b" without auto_promote',
  ],
  [
    "by itself beside a group without canaries",
    [promotable("a", { autoPromote: true }), promotable("b", { wanted: 0, healthy: 0 })],
    AUTO,
    ["a"],
    "All canaries are healthy",
  ],
] as const) {
  test(`a promotion: ${what}`, () => {
    const decision = decidePromotion(groups, wish);
    expect(decision.promote).toEqual([...promote]);
    expect(decision.reason).toContain(reason);
  });
}

const anyGroups = fc.array(
  fc.record({
    group: fc.constantFrom("a", "b", "c"),
    wanted: fc.nat(3),
    healthy: fc.nat(3),
    isPromoted: fc.boolean(),
    autoPromote: fc.boolean(),
  }),
);

test("nothing is promoted whose canaries are not all healthy", () => {
  fc.assert(
    fc.property(anyGroups, fc.constantFrom(ALL, AUTO), (groups, wish) => {
      const unique = [...new Map(groups.map((one) => [one.group, one])).values()];
      const { promote, reason } = decidePromotion(unique, wish);
      expect(reason).not.toBe("");
      for (const { group, wanted, healthy, isPromoted } of unique) {
        if (!promote.includes(group)) continue;
        expect(healthy).toBeGreaterThanOrEqual(wanted);
        expect(isPromoted || wanted === 0).toBe(false);
      }
    }),
  );
});

test("a deployment is described by what it waits for", () => {
  const group = { wanted: 1, isPromoted: false, autoPromote: true };
  expect(runningDescription([])).toBe("Deployment is running");
  expect(runningDescription([{ ...group, isPromoted: true }])).toBe("Deployment is running");
  expect(runningDescription([group])).toBe("Deployment is running pending automatic promotion");
  expect(runningDescription([group, { ...group, autoPromote: false }])).toBe(
    "Deployment is running but requires manual promotion",
  );
});
