import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { formatGoDuration } from "../model/duration.ts";
import { GROUP_JOB_TYPES, type GroupJobType, RESCHEDULE_DEFAULTS } from "../model/groupDefaults.ts";
import type { DelayFunction, ReschedulePolicy } from "../model/groupPolicy.ts";
import { type DeploymentView, decideGroupEnd } from "./groupEnd.ts";
import { rescheduleTime } from "./reschedule.ts";
import { carriedHistory, nextRescheduleDelay, type PastReschedule } from "./rescheduleDelay.ts";
import { validateReschedule } from "./reschedulePolicy.ts";
import { cell, durationIn, pageRows, rowName } from "./testPage.ts";

const page = readFileSync(join(import.meta.dir, "../../docs/reschedule.md"), "utf8");
const FUNCTIONS: readonly DelayFunction[] = ["constant", "exponential", "fibonacci"];

function functionOf(text: string): DelayFunction {
  const found = FUNCTIONS.find((name) => name === text);
  if (found === undefined) throw new Error(`expected a delay function, got ${text}`);
  return found;
}

function typeOf(text: string): GroupJobType {
  const found = GROUP_JOB_TYPES.find((type) => type === text);
  if (found === undefined) throw new Error(`expected a type of job, got ${text}`);
  return found;
}

const UNLIMITED: ReschedulePolicy = {
  attempts: 0,
  intervalMs: 0,
  delayMs: 30_000,
  delayFunction: "constant",
  maxDelayMs: 0,
  unlimited: true,
};

/** Fails again and again, `ranMs` after each start; the history as replacements carry it. */
function series(policy: ReschedulePolicy, attempts: number, ranMs: number): PastReschedule[] {
  const all: PastReschedule[] = [];
  let history: readonly PastReschedule[] = [];
  let now = 0;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const delayMs = nextRescheduleDelay(policy, now + ranMs, history);
    now += ranMs + delayMs;
    all.push({ at: now, delayMs });
    history = carriedHistory(policy, history, { at: now, delayMs });
  }
  return all;
}

for (const row of pageRows(page, "field")) {
  test(`the defaults of ${cell(row, "field")} are those of the page`, () => {
    for (const type of ["service", "batch"] as const) {
      const policy = RESCHEDULE_DEFAULTS[type];
      if (policy === null) throw new Error("expected a default");
      const fields: Readonly<Record<string, string>> = {
        attempts: String(policy.attempts),
        interval: String(policy.intervalMs),
        delay: String(policy.delayMs),
        delay_function: policy.delayFunction,
        max_delay: String(policy.maxDelayMs),
        unlimited: String(policy.unlimited),
      };
      const text = cell(row, type);
      const written = /^\d+[smh]/.test(text) ? String(durationIn(text)) : text;
      expect(written).toBe(fields[cell(row, "field")] ?? "no such field");
    }
  });
}

for (const row of pageRows(page, "function")) {
  test(rowName(row), () => {
    const policy: ReschedulePolicy = {
      ...UNLIMITED,
      delayFunction: functionOf(cell(row, "function")),
      delayMs: durationIn(cell(row, "delay")),
      maxDelayMs: durationIn(cell(row, "max_delay")),
    };
    const expected = cell(row, "delays of the first attempts").split(" ");
    const delays = series(policy, expected.length, 1_000);
    expect(delays.map(({ delayMs }) => formatGoDuration(delayMs))).toEqual(expected);
  });
}

for (const row of pageRows(page, "job")) {
  test(rowName(row), () => {
    const [type = "", more = ""] = cell(row, "job").split(", ");
    const earlier = cell(row, "earlier");
    const ages = earlier === "-" ? [] : earlier.split(" ").map(durationIn);
    const events = ages.map((ageMs) => ({ at: -ageMs, delayMs: 30_000 }));
    const policy = {
      ...UNLIMITED,
      attempts: Number(cell(row, "attempts")),
      intervalMs: durationIn("1h"),
      unlimited: cell(row, "unlimited") === "yes",
    };
    const deployment: DeploymentView = more === "deployment failed" ? "failed" : "none";
    const decision = decideGroupEnd(
      {
        jobType: typeOf(type),
        status: cell(row, "allocation") === "failed" ? "failed" : "complete",
        desiredStatus: "run",
        failedAt: 0,
        policy,
        tracker: events.length === 0 ? null : { lastReschedule: "ok", events },
        deployment,
        isForced: more === "asked for by hand",
      },
      0,
    );
    const shown = {
      complete: () => "complete",
      stayFailed: () => "stays failed",
      rescheduleNow: () => "now",
      rescheduleAt: () => `in ${formatGoDuration(decision.nextAt ?? 0)}`,
    };
    const got = [shown[decision.action](), decision.reason];
    expect(got).toEqual([cell(row, "decision"), cell(row, "reason")]);
  });
}

for (const row of pageRows(page, "attempts")) {
  test(rowName(row), () => {
    const { findings, possibleAttempts, recommendedIntervalMs } = validateReschedule({
      attempts: Number(cell(row, "attempts")),
      intervalMs: durationIn(cell(row, "interval")),
      delayMs: durationIn(cell(row, "delay")),
      delayFunction: cell(row, "function"),
      maxDelayMs: durationIn(cell(row, "max_delay")),
      unlimited: false,
    });
    const needed = recommendedIntervalMs === null ? "-" : formatGoDuration(recommendedIntervalMs);
    expect([String(possibleAttempts ?? "all"), needed]).toEqual([
      cell(row, "possible"),
      cell(row, "interval needed"),
    ]);
    expect(findings.length).toBe(needed === "-" ? 0 : 1);
  });
}

test("what is due within a second is done now", () => {
  const end = {
    jobType: "service",
    status: "failed",
    desiredStatus: "run",
    policy: UNLIMITED,
    tracker: null,
    deployment: "none",
    isForced: false,
  } as const;
  expect(decideGroupEnd({ ...end, failedAt: 0 }, 29_000)).toMatchObject({
    action: "rescheduleNow",
    nextAt: 29_000,
    delayMs: 30_000,
  });
  expect(decideGroupEnd({ ...end, failedAt: 0 }, 28_999)).toMatchObject({
    action: "rescheduleAt",
    nextAt: 30_000,
  });
});

const anyPolicy = fc.record({
  attempts: fc.integer({ min: 1, max: 5 }),
  intervalMs: fc.integer({ min: 15_000, max: 3_600_000 }),
  delayMs: fc.integer({ min: 5_000, max: 60_000 }),
  delayFunction: fc.constantFrom(...FUNCTIONS),
  maxDelayMs: fc.integer({ min: 60_000, max: 600_000 }),
  unlimited: fc.constant(false),
});
const anyRuns = fc.array(fc.nat(1_800_000), { maxLength: 30 });

/** Follows the policy until it gives up. */
function follow(policy: ReschedulePolicy, runs: readonly number[]): PastReschedule[] {
  const all: PastReschedule[] = [];
  let history: readonly PastReschedule[] | null = null;
  let now = 0;
  for (const ranMs of runs) {
    const tracker = history === null ? null : { lastReschedule: "ok" as const, events: history };
    const decision = rescheduleTime(policy, now + ranMs, tracker);
    if (!decision.eligible) break;
    now = decision.nextAt;
    const event = { at: now, delayMs: decision.delayMs };
    all.push(event);
    history = carriedHistory(policy, history ?? [], event);
  }
  return all;
}

test("never more than attempts reschedules within any interval before a failure", () => {
  fc.assert(
    fc.property(anyPolicy, anyRuns, (policy, runs) => {
      const events = follow(policy, runs);
      events.forEach(({ at, delayMs }, index) => {
        const failedAt = at - delayMs;
        const before = events
          .slice(0, index)
          .filter((past) => failedAt - past.at < policy.intervalMs);
        expect(before.length).toBeLessThan(policy.attempts);
      });
    }),
  );
});

test("the delay is never above max_delay nor below delay", () => {
  fc.assert(
    fc.property(
      anyPolicy,
      fc.nat(1_200_000),
      fc.integer({ min: 1, max: 30 }),
      (policy, ranMs, n) => {
        const unlimited = { ...policy, attempts: 0, unlimited: true };
        for (const { delayMs } of series(unlimited, n, ranMs)) {
          expect(delayMs).toBeGreaterThanOrEqual(policy.delayMs);
          expect(delayMs).toBeLessThanOrEqual(Math.max(policy.delayMs, policy.maxDelayMs));
        }
      },
    ),
  );
});

test("below the ceiling the delay never falls, however long it ran", () => {
  fc.assert(
    fc.property(anyPolicy, fc.nat(86_400_000), (policy, ranMs) => {
      const unlimited = { ...policy, attempts: 0, unlimited: true, maxDelayMs: 0 };
      const delays = series(unlimited, 12, ranMs).map(({ delayMs }) => delayMs);
      expect(delays).toEqual(delays.toSorted((a, b) => a - b));
    }),
  );
});

test("a history is as long as its policy needs, and no longer", () => {
  fc.assert(
    fc.property(anyPolicy, fc.integer({ min: 1, max: 40 }), (policy, n) => {
      const unlimited = { ...policy, attempts: 0, unlimited: true };
      let history: readonly PastReschedule[] = [];
      for (let at = 0; at < n; at += 1) {
        history = carriedHistory(unlimited, history, { at, delayMs: 1 });
        expect(history.length).toBeLessThanOrEqual(6);
        expect(history.at(-1)?.at).toBe(at);
      }
    }),
  );
});
