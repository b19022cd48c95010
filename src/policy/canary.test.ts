import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { UPDATE_DEFAULT } from "../model/groupDefaults.ts";
import {
  decideCanaries,
  decidePromotion,
  type PromotableGroup,
  type PromotionDecision,
  runningDescription,
} from "./canary.ts";
import type { RolloutTask } from "./rollout.ts";
import { cell, durationIn, pageRows, rowName } from "./testPage.ts";

const page = readFileSync(join(import.meta.dir, "../../docs/migrate-and-update.md"), "utf8");

const WELL: RolloutTask = { state: "current", healthy: true, isRunning: true };
const OPEN: RolloutTask = { state: "current", healthy: null, isRunning: true };
const SICK: RolloutTask = { state: "current", healthy: false, isRunning: true };

const CANARIES: Readonly<Record<string, RolloutTask>> = {
  new: WELL,
  "new?": OPEN,
  "new!": SICK,
  "-": { state: "waiting" },
  failed: { state: "failed" },
};

for (const row of pageRows(page, "canary")) {
  test(rowName(row), () => {
    const progressDeadlineMs = durationIn(cell(row, "progress_deadline"));
    const wanted = Number(cell(row, "canary"));
    const { healthy, failure } = decideCanaries({
      policy: { ...UPDATE_DEFAULT, progressDeadlineMs },
      deployment: "running",
      wanted,
      canaries: cell(row, "canaries")
        .split(" ")
        .map((name) => {
          const canary = CANARIES[name];
          if (canary === undefined) throw new Error(`expected a canary of the page, got ${name}`);
          return canary;
        }),
      progressBy: progressDeadlineMs === 0 ? null : progressDeadlineMs,
      now: durationIn(cell(row, "since progress")),
    });
    const autoPromote = cell(row, "auto_promote") === "true";
    const groups = [{ group: "g", wanted, healthy, isPromoted: false, autoPromote }];
    const isBy = (kind: "auto" | "all") =>
      decidePromotion(groups, { kind }).kind === "promote" ? "yes" : "no";
    expect([`${healthy}/${wanted}`, isBy("auto"), isBy("all"), failure ?? "running"]).toEqual([
      cell(row, "healthy"),
      cell(row, "promoted by itself"),
      cell(row, "by job promote"),
      cell(row, "deployment"),
    ]);
  });
}

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
    "promoted before, and named",
    [promotable("a", { isPromoted: true }), promotable("b")],
    { kind: "groups", names: ["a"] },
    [],
    "All of them have been promoted",
  ],
  [
    "one of those named promoted before",
    [promotable("a", { isPromoted: true }), promotable("b")],
    { kind: "groups", names: ["a", "b"] },
    ["b"],
    "All canaries are healthy",
  ],
  [
    "unknown",
    [promotable("a")],
    { kind: "groups", names: ["x"] },
    [],
    'the deployment has no task group "x"',
  ],
  [
    "without canaries",
    [promotable("a"), promotable("b", { wanted: 0, healthy: 0 })],
    { kind: "groups", names: ["b"] },
    [],
    'task group "b" has no canaries',
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
    expect(promotedBy(decision)).toEqual([...promote]);
    expect(decision.reason).toContain(reason);
  });
}

function promotedBy(decision: PromotionDecision): readonly string[] {
  return decision.kind === "promote" ? decision.groups : [];
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
      const decision = decidePromotion(unique, wish);
      const promote = promotedBy(decision);
      expect(decision.reason).not.toBe("");
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

const anyCanaries = fc.record({
  canaries: fc.array(fc.constantFrom(...Object.values(CANARIES)), { maxLength: 5 }),
  wanted: fc.integer({ min: 1, max: 5 }),
  progressDeadlineMs: fc.constantFrom(0, 10),
  now: fc.nat(20),
});

test("canaries that are all healthy never fail a deployment, and it never fails twice", () => {
  fc.assert(
    fc.property(anyCanaries, ({ canaries, wanted, progressDeadlineMs, now }) => {
      const given = {
        policy: { ...UPDATE_DEFAULT, progressDeadlineMs },
        wanted,
        canaries,
        progressBy: progressDeadlineMs === 0 ? null : progressDeadlineMs,
        now,
      };
      const { healthy, isReady, failure, reason } = decideCanaries({
        ...given,
        deployment: "running",
      });
      expect(isReady).toBe(healthy >= wanted);
      if (isReady) expect(failure).toBe(null);
      expect(healthy).toBeLessThanOrEqual(canaries.length);
      expect(reason).not.toBe("");
      expect(decideCanaries({ ...given, deployment: "failed" }).failure).toBe(null);
    }),
  );
});

test("groups that are named are promoted all together or not at all, and no others", () => {
  const names = fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1 });
  fc.assert(
    fc.property(anyGroups, names, (groups, wanted) => {
      const unique = [...new Map(groups.map((one) => [one.group, one])).values()];
      const decision = decidePromotion(unique, { kind: "groups", names: wanted });
      const { kind } = decision;
      const promote = promotedBy(decision);
      expect(promote.length > 0).toBe(kind === "promote");
      const past = unique.filter(({ isPromoted, wanted: own }) => isPromoted && own > 0);
      const had = past.map(({ group }) => group).filter((group) => wanted.includes(group));
      if (kind === "promote" || kind === "done") {
        expect([...promote, ...had].sort()).toEqual([...wanted].sort());
      }
    }),
  );
});
