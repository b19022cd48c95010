import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import type { CheckStatus } from "../model/allocation.ts";
import { formatGoDuration } from "../model/duration.ts";
import { CHECK_RESTART_DEFAULT } from "../model/groupDefaults.ts";
import {
  CHECK_POLL_MS,
  type CheckToWatch,
  type CheckWatch,
  checkRestartAt,
  pollChecks,
  unwatchOwner,
  validateCheckRestart,
  watchChecks,
} from "./checkRestart.ts";
import { cell, durationIn, pageRows, rowName } from "./testPage.ts";

const page = readFileSync(join(import.meta.dir, "../../docs/check-restart.md"), "utf8");
const STATUSES: readonly CheckStatus[] = [
  "pending",
  "passing",
  "warning",
  "critical",
  "success",
  "failure",
];

function check(change: Partial<CheckToWatch> & Partial<CheckToWatch["rule"]> = {}): CheckToWatch {
  const { limit = 1, graceMs = 0, ignoreWarnings = false, ...rest } = change;
  const rule = { limit, graceMs, ignoreWarnings };
  return { id: "check", name: "alive", owner: "web", intervalMs: 10_000, rule, ...rest };
}

function statuses(status: CheckStatus): ReadonlyMap<string, CheckStatus> {
  return new Map([["check", status]]);
}

test("the page has a row for every status", () => {
  const rows = pageRows(page, "status").map((row) => cell(row, "status"));
  expect(rows.toSorted()).toEqual(STATUSES.toSorted());
});

for (const row of pageRows(page, "status")) {
  for (const ignoreWarnings of [false, true]) {
    const column = ignoreWarnings ? "bad with ignore_warnings" : "bad";
    test(`${cell(row, "status")}, ${column}: ${cell(row, column)}`, () => {
      const status = STATUSES.find((each) => each === cell(row, "status")) ?? "pending";
      const watch = watchChecks([], [check({ ignoreWarnings })], 0);
      const { restarts } = pollChecks(watch, statuses(status), 0);
      expect(restarts.length > 0 ? "yes" : "no").toBe(cell(row, column));
    });
  }
}

/** When the first restart is wanted, looking each second for two minutes; null: never. */
function firstRestart(watched: CheckToWatch, badFrom: number): number | null {
  let watch = watchChecks([], [watched], 0);
  for (let now = 0; now <= 120_000; now += CHECK_POLL_MS) {
    const polled = pollChecks(watch, statuses(now >= badFrom ? "critical" : "passing"), now);
    if (polled.restarts.length > 0) return now;
    watch = polled.watch;
  }
  return null;
}

for (const row of pageRows(page, "interval")) {
  test(rowName(row), () => {
    const watched = check({
      intervalMs: durationIn(cell(row, "interval")),
      limit: Number(cell(row, "limit")),
      graceMs: durationIn(cell(row, "grace")),
    });
    const at = firstRestart(watched, durationIn(cell(row, "bad from")));
    expect(at === null ? "never" : formatGoDuration(at)).toBe(cell(row, "restart at"));
  });
}

test("several bad checks of a member make one restart, and others are left alone", () => {
  const checks = [
    check({ id: "a", name: "a" }),
    check({ id: "b", name: "b" }),
    check({ id: "c", name: "c", owner: "db", limit: 2 }),
  ];
  const bad = new Map(checks.map(({ id }) => [id, "critical" as const]));
  const { watch, restarts } = pollChecks(watchChecks([], checks, 0), bad, 0);
  expect(restarts).toEqual([
    { by: "failure", owner: "web", check: "a", reason: 'healthcheck: check "a" unhealthy' },
  ]);
  expect(watch.map(({ id }) => id)).toEqual(["c"]);
  expect(watch.map(checkRestartAt)).toEqual([10_000]);
  expect(unwatchOwner(watch, "db")).toEqual([]);
});

test("a check without a status is passed over", () => {
  const watch = watchChecks([], [check({ limit: 2 })], 0);
  const bad = pollChecks(watch, statuses("critical"), 1_000).watch;
  expect(pollChecks(bad, new Map(), 5_000).watch).toEqual(bad);
  expect(pollChecks(bad, statuses("critical"), 11_000).restarts.length).toBe(1);
});

test("negative fields are refused, all of them", () => {
  const codes = validateCheckRestart({ limit: -1, graceMs: -1 }).map(({ code }) => code);
  expect(codes).toEqual(["limit_negative", "grace_negative"]);
});

const anyStatuses = fc.array(fc.constantFrom(...STATUSES), { maxLength: 60 });
const anyRule = fc.record({
  limit: fc.integer({ min: 1, max: 5 }),
  graceMs: fc.integer({ min: 0, max: 20_000 }),
  ignoreWarnings: fc.boolean(),
});

test("never restarts in the grace, nor after less than the time of its limit without a good look", () => {
  fc.assert(
    fc.property(anyRule, anyStatuses, (rule, seen) => {
      let watch: CheckWatch = watchChecks([], [check(rule)], 0);
      let goodAt = 0;
      for (const [index, status] of seen.entries()) {
        const now = index * CHECK_POLL_MS;
        const polled = pollChecks(watch, statuses(status), now);
        if (polled.restarts.length > 0) {
          expect(now).toBeGreaterThanOrEqual(rule.graceMs + 10_000 * (rule.limit - 1));
          expect(now - goodAt).toBeGreaterThanOrEqual(10_000 * (rule.limit - 1));
          return;
        }
        if (status === "passing" || status === "success") goodAt = now;
        watch = polled.watch;
      }
    }),
  );
});

test("the defaults are those of the page", () => {
  const { limit, graceMs, ignoreWarnings } = CHECK_RESTART_DEFAULT;
  const fields: Readonly<Record<string, string>> = {
    limit: String(limit),
    grace: String(graceMs),
    ignore_warnings: String(ignoreWarnings),
  };
  for (const row of pageRows(page, "field")) {
    const text = cell(row, "default");
    const written = /^\d+[smh]/.test(text) ? String(durationIn(text)) : text;
    expect(written).toBe(fields[cell(row, "field")] ?? "no such field");
  }
});
