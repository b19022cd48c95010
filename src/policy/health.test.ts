import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import type { CheckStatus } from "../model/allocation.ts";
import {
  decideHealth,
  type HealthCheck,
  type HealthInput,
  type HealthMember,
  NEW_HEALTH_STATE,
} from "./health.ts";
import { cell, durationIn, pageRows, rowName } from "./testPage.ts";

const page = readFileSync(join(import.meta.dir, "../../docs/migrate-and-update.md"), "utf8");
const STATUSES: readonly CheckStatus[] = ["pending", "passing", "warning", "critical", "failure"];

const RUNNING: HealthMember = {
  member: "task",
  state: "running",
  failed: false,
  lastRestartAt: null,
  lifecycle: null,
};
const MEMBERS: Readonly<Record<string, HealthMember>> = {
  running: RUNNING,
  pending: { ...RUNNING, state: "pending" },
  failed: { ...RUNNING, state: "dead", failed: true },
};

function inputWith(change: Partial<HealthInput> = {}): HealthInput {
  const rule = { healthCheck: "checks", minHealthyTimeMs: 10_000, deadlineMs: 300_000 } as const;
  return { rule, startedAt: 0, members: [RUNNING], checks: [], ...change };
}

function checksOf(text: string): HealthCheck[] {
  if (text === "-") return [];
  const [name, onUpdate = "require_healthy"] = text.split(", ");
  const status = STATUSES.find((each) => each === name);
  if (onUpdate === "ignore" || onUpdate === "ignore_warnings") {
    return [{ name: "check", onUpdate, status }];
  }
  return [{ name: "check", onUpdate: "require_healthy", status }];
}

for (const row of pageRows(page, "health_check")) {
  test(rowName(row), () => {
    const isStates = cell(row, "health_check") === "task_states";
    const healthCheck = isStates ? "task_states" : "checks";
    const now = durationIn(cell(row, "since its start"));
    const wellMs = durationIn(cell(row, "well for"));
    const input = inputWith({
      rule: { healthCheck, minHealthyTimeMs: 10_000, deadlineMs: 300_000 },
      members: [MEMBERS[cell(row, "tasks")] ?? RUNNING],
      checks: checksOf(cell(row, "checks")),
    });
    const state = { wellSince: wellMs === 0 ? null : now - wellMs, decided: null };
    const step = decideHealth(state, input, now);
    const { decided } = step.state;
    const decision = decided?.healthy === true ? "healthy" : "unhealthy";
    expect([decided === null ? "undecided" : decision, step.reason]).toEqual([
      cell(row, "health"),
      cell(row, "reason"),
    ]);
    expect(step.nextAt === null).toBe(decided !== null);
  });
}

test("hooks that have run, and those that run after the end, do not matter", () => {
  const members: HealthMember[] = [
    RUNNING,
    { ...RUNNING, state: "dead", lifecycle: { hook: "prestart", sidecar: false } },
    { ...RUNNING, state: "pending", lifecycle: { hook: "poststop", sidecar: false } },
  ];
  const step = decideHealth(NEW_HEALTH_STATE, inputWith({ members }), 0);
  expect(step.reason).toBe("Waits for min_healthy_time of 10s");
});

test("a sidecar that has ended makes it unhealthy", () => {
  const sidecar = { hook: "prestart", sidecar: true } as const;
  const members: HealthMember[] = [RUNNING, { ...RUNNING, state: "dead", lifecycle: sidecar }];
  const { state } = decideHealth(NEW_HEALTH_STATE, inputWith({ members }), 0);
  expect(state.decided).toMatchObject({ healthy: false });
});

test("a restart between two looks begins the time anew", () => {
  const members = [{ ...RUNNING, lastRestartAt: 5_000 }];
  const step = decideHealth({ wellSince: 0, decided: null }, inputWith({ members }), 12_000);
  expect(step).toMatchObject({ state: { wellSince: 5_000 }, nextAt: 15_000 });
});

test("the first decision stays", () => {
  const decided = { healthy: true, at: 10_000, reason: null };
  const members = [{ ...RUNNING, state: "dead" as const, failed: true }];
  const step = decideHealth({ wellSince: null, decided }, inputWith({ members }), 20_000);
  expect(step.state.decided).toEqual(decided);
});

test("never healthy before min_healthy_time without a break, never undecided after the deadline", () => {
  const looks = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 60_000 })), {
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(
    fc.property(looks, (seen) => {
      let state = NEW_HEALTH_STATE;
      let now = 0;
      let wellFrom: number | null = null;
      for (const [isWell, laterMs] of seen) {
        now += laterMs;
        wellFrom = isWell ? (wellFrom ?? now) : null;
        const status = isWell ? "passing" : "critical";
        const checks = [{ name: "check", onUpdate: "require_healthy", status }] as const;
        const step = decideHealth(state, inputWith({ checks }), now);
        if (step.state.decided !== null) {
          const isLong = wellFrom !== null && now - wellFrom >= 10_000;
          if (step.state.decided.healthy) expect(isLong).toBe(true);
          return;
        }
        expect(now).toBeLessThan(300_000);
        expect(step.nextAt ?? 0).toBeGreaterThan(now);
        state = step.state;
      }
    }),
  );
});
