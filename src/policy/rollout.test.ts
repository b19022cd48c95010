import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { MIGRATE_DEFAULT, UPDATE_DEFAULT } from "../model/groupDefaults.ts";
import { decideMigration } from "./migration.ts";
import { decideRollout, type RolloutTask } from "./rollout.ts";
import { cell, durationIn, pageRows, rowName } from "./testPage.ts";

const page = readFileSync(join(import.meta.dir, "../../docs/migrate-and-update.md"), "utf8");

const TASKS: Readonly<Record<string, RolloutTask>> = {
  old: { state: "outdated" },
  new: { state: "current", healthy: true, isRunning: true },
  "new?": { state: "current", healthy: null, isRunning: true },
  "new!": { state: "current", healthy: false, isRunning: true },
  "-": { state: "waiting" },
  stopping: { state: "stopping" },
  failed: { state: "failed" },
};

const rows = pageRows(page, "max_parallel");
for (const row of rows) {
  test(rowName(row), () => {
    const progressDeadlineMs = durationIn(cell(row, "progress_deadline"));
    const since = cell(row, "since progress");
    const hasDeadline = progressDeadlineMs !== 0 && since !== "at rest";
    const decision = decideRollout({
      policy: {
        ...UPDATE_DEFAULT,
        maxParallel: Number(cell(row, "max_parallel")),
        progressDeadlineMs,
      },
      deployment: "running",
      progressBy: hasDeadline ? progressDeadlineMs : null,
      desired: 4,
      tasks: cell(row, "allocations")
        .split(" ")
        .map((name) => TASKS[name] ?? { state: "waiting" }),
      now: hasDeadline ? durationIn(since) : Number.MAX_SAFE_INTEGER,
    });
    const state = decision.failure ?? (decision.isDone ? "done" : "running");
    expect([String(decision.replace.length), state]).toEqual([
      cell(row, "replaced now"),
      cell(row, "deployment"),
    ]);
  });
}

for (const row of pageRows(page, "job")) {
  test(rowName(row), () => {
    const decision = decideMigration({
      policy: { ...MIGRATE_DEFAULT, maxParallel: Number(cell(row, "max_parallel")) },
      isBatch: cell(row, "job") === "batch",
      waiting: Number(cell(row, "to leave")),
      underWay: Number(cell(row, "on their way")),
    });
    expect(String(decision.now)).toBe(cell(row, "leave now"));
    expect(decision.reason).not.toBe("");
  });
}

test("the defaults of update are those of the page", () => {
  const fields: Readonly<Record<string, string>> = {
    max_parallel: String(UPDATE_DEFAULT.maxParallel),
    health_check: UPDATE_DEFAULT.healthCheck,
    min_healthy_time: String(UPDATE_DEFAULT.minHealthyTimeMs),
    healthy_deadline: String(UPDATE_DEFAULT.healthyDeadlineMs),
    progress_deadline: String(UPDATE_DEFAULT.progressDeadlineMs),
    auto_revert: String(UPDATE_DEFAULT.autoRevert),
    canary: String(UPDATE_DEFAULT.canary),
    auto_promote: String(UPDATE_DEFAULT.autoPromote),
  };
  for (const row of pageRows(page, "field")) {
    const text = cell(row, "default");
    const written = /^\d+[smh]/.test(text) ? String(durationIn(text)) : text;
    expect(written).toBe(fields[cell(row, "field")] ?? "no such field");
  }
});

const anyTasks = fc.array(fc.constantFrom(...Object.values(TASKS)), { maxLength: 12 });

test("never more than max_parallel are without a healthy execution of the new version, but for the failed", () => {
  fc.assert(
    fc.property(anyTasks, fc.integer({ min: 1, max: 6 }), (tasks, maxParallel) => {
      const { replace } = decideRollout({
        policy: { ...UPDATE_DEFAULT, maxParallel },
        deployment: "running",
        progressBy: null,
        desired: tasks.length,
        tasks,
        now: 0,
      });
      for (const index of replace) expect(tasks[index]?.state).toBe("outdated");
      const underWay = tasks.filter(
        (task) =>
          task.state === "waiting" ||
          task.state === "stopping" ||
          (task.state === "current" && task.healthy !== true),
      );
      if (replace.length > 0) {
        expect(replace.length + underWay.length).toBeLessThanOrEqual(maxParallel);
      }
    }),
  );
});

test("a failed deployment replaces nothing more", () => {
  const tasks = Object.values(TASKS);
  const rollout = { policy: UPDATE_DEFAULT, progressBy: null, desired: 4, tasks, now: 0 };
  expect(decideRollout({ ...rollout, deployment: "failed" }).replace).toEqual([]);
});

test("never more leave than max_parallel allows beside those on their way", () => {
  fc.assert(
    fc.property(fc.nat(20), fc.nat(20), fc.nat(8), (waiting, underWay, maxParallel) => {
      const policy = { ...MIGRATE_DEFAULT, maxParallel };
      const { now } = decideMigration({ policy, isBatch: false, waiting, underWay });
      expect(now).toBeLessThanOrEqual(waiting);
      if (now > 0) expect(now + underWay).toBeLessThanOrEqual(maxParallel);
    }),
  );
});
