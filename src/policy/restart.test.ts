import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { formatGoDuration } from "../model/duration.ts";
import type { LifecycleSpec } from "../model/group.ts";
import { GROUP_JOB_TYPES, type GroupJobType, RESTART_DEFAULTS } from "../model/groupDefaults.ts";
import type { RestartPolicy } from "../model/groupPolicy.ts";
import {
  decideRestart,
  newRestartState,
  type RestartDecision,
  type RestartEvent,
  type RestartState,
  restartDescription,
} from "./restart.ts";
import { cell, durationIn, pageRows, rowName } from "./testPage.ts";

const page = readFileSync(join(import.meta.dir, "../../docs/restart.md"), "utf8");

const EVENTS: Readonly<Record<string, RestartEvent>> = {
  "exit 0": { kind: "exited", exitCode: 0, signal: null, oomKilled: false },
  "exit 1": { kind: "exited", exitCode: 1, signal: null, oomKilled: false },
  "signal 9": { kind: "exited", exitCode: 0, signal: 9, oomKilled: false },
  "out of memory": { kind: "exited", exitCode: 0, signal: null, oomKilled: true },
  "end not seen": { kind: "unseen" },
  "start error, recoverable": { kind: "startFailed", recoverable: true },
  "start error, not recoverable": { kind: "startFailed", recoverable: false },
  "check unhealthy": { kind: "restartAsked", by: "failure" },
  "restart asked for": { kind: "restartAsked", by: "manual" },
  stopped: { kind: "killed" },
};

const LIFECYCLES: Readonly<Record<string, LifecycleSpec>> = {
  prestart: { hook: "prestart", sidecar: false },
  "prestart sidecar": { hook: "prestart", sidecar: true },
  "poststart sidecar": { hook: "poststart", sidecar: true },
  poststop: { hook: "poststop", sidecar: false },
};

function typeOf(text: string): GroupJobType {
  const found = GROUP_JOB_TYPES.find((type) => type === text);
  if (found === undefined) throw new Error(`expected a type of job, got ${text}`);
  return found;
}

function shown(decision: RestartDecision): string {
  if (decision.action !== "restart") return decision.action;
  return `restart in ${formatGoDuration(decision.delayMs)}`;
}

const WINDOW_AGE_MS = 60_000;

for (const row of pageRows(page, "event")) {
  test(rowName(row), () => {
    const [type = "", hook] = cell(row, "of").split(", ");
    const lifecycle = hook === undefined ? null : (LIFECYCLES[hook] ?? null);
    const policy: RestartPolicy = {
      attempts: Number(cell(row, "attempts")),
      intervalMs: durationIn("30m"),
      delayMs: durationIn("15s"),
      mode: cell(row, "mode") === "delay" ? "delay" : "fail",
    };
    const event = EVENTS[cell(row, "event")];
    if (event === undefined) throw new Error("expected an event that is known");
    const state = {
      ...newRestartState(typeOf(type), lifecycle, 0),
      count: Number(cell(row, "counted")),
    };
    const { decision } = decideRestart(state, policy, event, WINDOW_AGE_MS, () => 0);
    expect([shown(decision), decision.reason]).toEqual([
      cell(row, "decision"),
      cell(row, "reason"),
    ]);
    const nextAt = decision.action === "restart" ? WINDOW_AGE_MS + decision.delayMs : null;
    expect(decision.nextAt).toBe(nextAt);
  });
}

for (const row of pageRows(page, "field")) {
  test(`the defaults of ${cell(row, "field")} are those of the page`, () => {
    const forTypes = [
      ["service, system", ["service", "system"]],
      ["batch, sysbatch", ["batch", "sysbatch"]],
    ] as const;
    for (const [column, types] of forTypes) {
      for (const type of types) {
        const { attempts, intervalMs, delayMs, mode } = RESTART_DEFAULTS[type];
        const fields: Readonly<Record<string, string | number>> = {
          attempts,
          interval: intervalMs,
          delay: delayMs,
          mode,
        };
        const text = cell(row, column);
        const written = /^\d+[smh]/.test(text) ? durationIn(text) : text;
        expect(String(written)).toBe(String(fields[cell(row, "field")]));
      }
    }
  });
}

test("a restart that waits for the window's end says so", () => {
  expect(restartDescription(16_200, "Restart within policy")).toBe("Task restarting in 16.2s");
  expect(restartDescription(60_000, "Exceeded allowed attempts, applying a delay")).toBe(
    "Exceeded allowed attempts, applying a delay - Task restarting in 1m0s",
  );
});

const anyPolicy = fc.record({
  attempts: fc.integer({ min: 0, max: 5 }),
  intervalMs: fc.integer({ min: 5_000, max: 60_000 }),
  delayMs: fc.integer({ min: 0, max: 20_000 }),
  mode: fc.constantFrom("fail", "delay"),
});
const anyEvent = fc.constantFrom(...Object.values(EVENTS));
const anyChance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const anySteps = fc.array(fc.tuple(anyEvent, fc.integer({ min: 0, max: 20_000 }), anyChance), {
  maxLength: 40,
});

interface Taken {
  readonly at: number;
  readonly event: RestartEvent;
  readonly state: RestartState;
  readonly decision: RestartDecision;
}

function take(
  policy: RestartPolicy,
  steps: readonly (readonly [RestartEvent, number, number])[],
): Taken[] {
  let state = newRestartState("service", null, 0);
  let now = 0;
  const taken: Taken[] = [];
  for (const [event, laterMs, chance] of steps) {
    now += laterMs;
    const step = decideRestart(state, policy, event, now, () => chance);
    state = step.state;
    taken.push({ at: now, event, ...step });
    if (step.decision.action !== "restart") break;
    now = step.decision.nextAt;
  }
  return taken;
}

function isCounted({ event, decision }: Taken): boolean {
  const isManual = event.kind === "restartAsked" && event.by === "manual";
  return decision.action === "restart" && !isManual;
}

test("never more than attempts restarts by policy in one window", () => {
  fc.assert(
    fc.property(anyPolicy, anySteps, (policy, steps) => {
      const byWindow = new Map<number, number>();
      for (const step of take(policy, steps)) {
        if (!isCounted(step) || step.decision.reason !== "Restart within policy") continue;
        const { windowStartedAt } = step.state;
        expect(step.at).toBeLessThanOrEqual(windowStartedAt + policy.intervalMs);
        byWindow.set(windowStartedAt, (byWindow.get(windowStartedAt) ?? 0) + 1);
      }
      for (const count of byWindow.values()) expect(count).toBeLessThanOrEqual(policy.attempts);
    }),
  );
});

test("never begins a window before the one before is over", () => {
  fc.assert(
    fc.property(anyPolicy, anySteps, (policy, steps) => {
      let startedAt = 0;
      for (const { state } of take(policy, steps)) {
        if (state.windowStartedAt === startedAt) continue;
        expect(state.windowStartedAt).toBeGreaterThan(startedAt + policy.intervalMs);
        startedAt = state.windowStartedAt;
      }
    }),
  );
});

test("chance adds less than a quarter of the delay, and takes nothing off", () => {
  fc.assert(
    fc.property(anyPolicy, anySteps, (policy, steps) => {
      for (const { decision } of take(policy, steps)) {
        if (decision.action !== "restart" || decision.reason !== "Restart within policy") continue;
        expect(decision.delayMs).toBeGreaterThanOrEqual(policy.delayMs);
        const addedMs = decision.delayMs - policy.delayMs;
        expect(addedMs).toBeLessThan(Math.max(1, policy.delayMs / 4));
      }
    }),
  );
});

test("a delay up to the window's end has no chance in it and never passes the interval", () => {
  fc.assert(
    fc.property(anyPolicy, anySteps, (policy, steps) => {
      for (const { at, state, decision } of take({ ...policy, mode: "delay" }, steps)) {
        if (decision.action !== "restart" || !decision.reason.startsWith("Exceeded")) continue;
        expect(decision.nextAt).toBe(state.windowStartedAt + policy.intervalMs);
        expect(decision.nextAt - at).toBeLessThanOrEqual(policy.intervalMs);
      }
    }),
  );
});

test("a restart that was asked for by a user is never counted nor refused", () => {
  fc.assert(
    fc.property(anyPolicy, fc.nat(9), fc.nat(100_000), (policy, count, now) => {
      const state = { ...newRestartState("batch", null, 0), count };
      const event: RestartEvent = { kind: "restartAsked", by: "manual" };
      const step = decideRestart(state, policy, event, now, () => 0.5);
      expect(step.state).toEqual(state);
      expect(step.decision).toMatchObject({ action: "restart", delayMs: 0, nextAt: now });
    }),
  );
});
