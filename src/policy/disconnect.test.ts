import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { formatGoDuration } from "../model/duration.ts";
import {
  DISCONNECT_DEFAULT,
  GROUP_JOB_TYPES,
  type GroupJobType,
  RESCHEDULE_DEFAULTS,
} from "../model/groupDefaults.ts";
import type { DisconnectPolicy, ReconcileStrategy } from "../model/groupPolicy.ts";
import {
  clientStopEndsAt,
  decideReconcile,
  isDisconnectExpired,
  type ReconcileSide,
  validateDisconnect,
} from "./disconnect.ts";
import { decideNodeLoss, type NodeLossInput, silentNodeState } from "./nodeLoss.ts";
import { cell, durationIn, pageRows, rowName } from "./testPage.ts";

const page = readFileSync(join(import.meta.dir, "../../docs/disconnect.md"), "utf8");

function inputOf(jobType: GroupJobType, policy: Partial<DisconnectPolicy>): NodeLossInput {
  return {
    jobType,
    status: "running",
    policy: { ...DISCONNECT_DEFAULT, ...policy },
    reschedule: RESCHEDULE_DEFAULTS[jobType],
    tracker: null,
    killTimeoutsMs: [],
    outSince: 0,
  };
}

for (const row of pageRows(page, "job")) {
  test(rowName(row), () => {
    const type = GROUP_JOB_TYPES.find((each) => each === cell(row, "job")) ?? "service";
    const stopAfter = cell(row, "stop_on_client_after");
    const now = durationIn(cell(row, "out for"));
    const input = inputOf(type, {
      lostAfterMs: durationIn(cell(row, "lost_after")),
      replace: cell(row, "replace") === "yes",
      stopOnClientAfterMs: stopAfter === "-" ? null : durationIn(stopAfter),
    });
    const decision = decideNodeLoss(input, silentNodeState([input], now), now);
    if (decision.action === "stay") throw new Error("expected a decision about it");
    const { replacement } = decision;
    const waitMs = replacement.kind === "at" ? replacement.at - now : null;
    const other = waitMs === 0 ? "now" : `in ${formatGoDuration(waitMs ?? 0)}`;
    expect([decision.action, waitMs === null ? "none" : other]).toEqual([
      cell(row, "becomes"),
      cell(row, "another one"),
    ]);
  });
}

const STRATEGIES: readonly ReconcileStrategy[] = [
  "best_score",
  "keep_original",
  "keep_replacement",
  "longest_running",
];

function sideOf(text: string): ReconcileSide {
  const match = /^version (\d+), from (\w+), score ([\d.]+)$/.exec(text);
  if (match === null) throw new Error(`expected version, start and score, got ${text}`);
  const [, version, startedAt = "", score] = match;
  return { version: Number(version), startedAt: durationIn(startedAt), score: Number(score) };
}

for (const row of pageRows(page, "reconcile")) {
  test(rowName(row), () => {
    const strategy = STRATEGIES.find((each) => each === cell(row, "reconcile"));
    if (strategy === undefined) throw new Error("expected a strategy");
    const [original, replacement] = [cell(row, "original"), cell(row, "replacement")].map(sideOf);
    if (original === undefined || replacement === undefined) throw new Error("expected two sides");
    const { keep, reason } = decideReconcile(strategy, original, replacement);
    expect(keep).toBe(cell(row, "stays") === "original" ? "original" : "replacement");
    expect(reason).not.toBe("");
  });
}

test("the page has a row for every strategy", () => {
  const rows = new Set(pageRows(page, "reconcile").map((row) => cell(row, "reconcile")));
  expect([...rows].sort()).toEqual([...STRATEGIES]);
});

test("what has ended stays as it is", () => {
  for (const status of ["complete", "failed", "lost"] as const) {
    const input = { ...inputOf("service", { lostAfterMs: 1_000 }), status };
    expect(decideNodeLoss(input, "disconnected", 0).action).toBe("stay");
    expect(silentNodeState([input], 0)).toBe("down");
  }
});

test("a node is disconnected as long as one of its executions can be waited for", () => {
  const waits = inputOf("service", { lostAfterMs: 10_000 });
  const others = [inputOf("service", {}), inputOf("batch", {})];
  expect(silentNodeState([...others, waits], 9_999)).toBe("disconnected");
  expect(silentNodeState([...others, waits], 10_000)).toBe("down");
});

const ROWS: readonly (readonly [string, GroupJobType, object, readonly string[]])[] = [
  ["the default", "system", {}, []],
  ["negative lost_after", "service", { lostAfterMs: -1 }, ["lost_after_negative"]],
  ["negative stop after", "batch", { stopOnClientAfterMs: -1 }, ["stop_after_negative"]],
  ["stop after of a sysbatch job", "sysbatch", { stopOnClientAfterMs: 1 }, ["stop_after_job_type"]],
  [
    "both times",
    "service",
    { lostAfterMs: 1, stopOnClientAfterMs: 1 },
    ["stop_after_and_lost_after"],
  ],
  ["an unknown strategy", "service", { reconcile: "newest" }, ["reconcile_invalid"]],
];

for (const [name, type, change, codes] of ROWS) {
  test(`${name}: ${codes.join(", ") || "valid"}`, () => {
    const findings = validateDisconnect(type, { ...DISCONNECT_DEFAULT, ...change });
    expect(findings.map(({ code }) => code)).toEqual([...codes]);
  });
}

test("never expires before lost_after, and never where that is not set", () => {
  fc.assert(
    fc.property(fc.nat(100_000), fc.nat(200_000), (lostAfterMs, now) => {
      const expired = isDisconnectExpired({ lostAfterMs }, "unknown", 0, now);
      expect(expired).toBe(lostAfterMs > 0 && now >= lostAfterMs);
    }),
  );
});

test("the defaults are those of the page", () => {
  const { lostAfterMs, replace, reconcile, stopOnClientAfterMs } = DISCONNECT_DEFAULT;
  const fields: Readonly<Record<string, string>> = {
    lost_after: String(lostAfterMs),
    replace: String(replace),
    reconcile,
    stop_on_client_after: stopOnClientAfterMs === null ? "never" : String(stopOnClientAfterMs),
  };
  for (const row of pageRows(page, "field")) {
    const text = cell(row, "default");
    const written = /^\d+[smh]/.test(text) ? String(durationIn(text)) : text;
    expect(written).toBe(fields[cell(row, "field")] ?? "no such field");
  }
});

test("a replacement waits for the stop on the node and the longest kill timeout, at least 5s", () => {
  const ends = (stopOnClientAfterMs: number | null, killTimeoutsMs: readonly number[]) =>
    clientStopEndsAt({ stopOnClientAfterMs }, killTimeoutsMs, 1_000);
  expect([ends(null, []), ends(0, []), ends(2_000, [1]), ends(2_000, [30_000, 9_000])]).toEqual([
    null,
    null,
    8_000,
    33_000,
  ]);
});
