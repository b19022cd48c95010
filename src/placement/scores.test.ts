import { expect, test } from "bun:test";
import fc from "fast-check";
import type { SpreadSpec } from "../model/placementSpec.ts";
import { limitOptions, scanLimit, shuffled } from "./candidates.ts";
import { penaltyNodes } from "./penalty.ts";
import { affinityScore, antiAffinityScore, finalScore, fitScore } from "./scores.ts";
import { prepareSpreads, SpreadScorer } from "./spreadScore.ts";
import { chance } from "./testGroup.ts";

const OFFERED = { cpuMhz: 2_048, memoryMb: 4_096 };

test("an empty node is worth nothing to binpack and all to spread; a full one the reverse", () => {
  const empty = { cpuMhz: 0, memoryMb: 0 };
  expect(fitScore("binpack", empty, OFFERED)).toBe(0);
  expect(fitScore("spread", empty, OFFERED)).toBe(1);
  expect(fitScore("binpack", OFFERED, OFFERED)).toBe(1);
  expect(fitScore("spread", OFFERED, OFFERED)).toBe(0);
});

test("a fit score is never below 0 or above 1", () => {
  const amount = fc.nat(10_000);
  fc.assert(
    fc.property(
      fc.constantFrom("binpack" as const, "spread" as const),
      amount,
      amount,
      amount,
      amount,
      (algorithm, cpu, memory, cpuOffered, memoryOffered) => {
        const used = { cpuMhz: cpu, memoryMb: memory };
        const score = fitScore(algorithm, used, { cpuMhz: cpuOffered, memoryMb: memoryOffered });
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
      },
    ),
  );
});

test("the final score is the mean of the entries that are there", () => {
  expect(finalScore([])).toBe(0);
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1 }),
      (values) => {
        const score = finalScore(values.map((value) => ({ name: "binpack", value })));
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        expect(score).toBeCloseTo(mean, 10);
      },
    ),
  );
});

test("anti-affinity grows with each of the group there, and is no entry without any", () => {
  expect(antiAffinityScore(0, 4)).toBeNull();
  expect(antiAffinityScore(1, 4)).toBe(-0.5);
  expect(antiAffinityScore(3, 4)).toBe(-1);
});

test("affinities weigh against each other; matching none is an entry of 0", () => {
  const traits = aTraits();
  const yes = { weight: 100, holds: () => true };
  const no = { weight: 50, holds: () => false };
  const against = { weight: -100, holds: () => true };
  expect(affinityScore([], traits)).toBeNull();
  expect(affinityScore([no], traits)).toBe(0);
  expect(affinityScore([yes, no], traits)).toBeCloseTo(2 / 3);
  expect(affinityScore([yes, against], traits)).toBe(0);
  expect(affinityScore([against], traits)).toBe(-1);
});

function aTraits() {
  const none = {};
  return {
    id: "",
    name: "",
    datacenter: "",
    nodeClass: "",
    pool: "",
    attributes: none,
    meta: none,
  };
}

function spreadScore(
  spreads: readonly SpreadSpec[],
  count: number,
  value: string | null,
  used: Readonly<Record<string, number>>,
): number | null {
  const counts = new Map(Object.entries(used));
  return new SpreadScorer().score(
    prepareSpreads(spreads, count),
    () => value,
    () => counts,
  );
}

const BY_RACK: SpreadSpec = { attribute: "rack", weight: 100, targets: [] };
const DC1_70: SpreadSpec = {
  attribute: "dc",
  weight: 100,
  targets: [
    { value: "dc1", percent: 70 },
    { value: "dc2", percent: 30 },
  ],
};

test("a spread with targets wants the values that are furthest from their share", () => {
  expect(spreadScore([DC1_70], 10, "dc1", {})).toBeCloseTo(6 / 7);
  expect(spreadScore([DC1_70], 10, "dc1", { dc1: 7 })).toBeCloseTo(-1 / 7);
  expect(spreadScore([DC1_70], 10, "dc2", { dc1: 7 })).toBeCloseTo(2 / 3);
  expect(spreadScore([DC1_70], 10, "dc3", {})).toBe(-1);
  expect(spreadScore([DC1_70], 10, null, {})).toBe(-1);
});

test("what the targets leave over is shared by all other values", () => {
  const half: SpreadSpec = { ...DC1_70, targets: [{ value: "dc1", percent: 50 }] };
  expect(spreadScore([half], 10, "dc3", {})).toBeCloseTo(4 / 5);
  expect(spreadScore([half], 10, "dc3", { dc2: 2, dc4: 2 })).toBeNull();
});

test("a value of which nothing is wanted gets the lowest score", () => {
  const none: SpreadSpec = {
    ...DC1_70,
    targets: [
      { value: "dc1", percent: 100 },
      { value: "dc2", percent: 0 },
    ],
  };
  expect(spreadScore([none], 4, "dc2", {})).toBe(-1);
});

test("weights share out the score of several spreads", () => {
  const light = { ...DC1_70, weight: 25 };
  const heavy = { ...DC1_70, weight: 75 };
  expect(spreadScore([light, heavy], 10, "dc1", {})).toBeCloseTo(6 / 7);
});

test("an even spread wants the values with the fewest", () => {
  const rows: readonly (readonly [
    string | null,
    Readonly<Record<string, number>>,
    number | null,
  ])[] = [
    ["r1", {}, null],
    [null, {}, -1],
    [null, { r1: 1 }, -1],
    ["r1", { r1: 1 }, -1],
    ["r2", { r1: 1 }, 1],
    ["r1", { r1: 1, r2: 1 }, -1],
    ["r1", { r1: 2, r2: 1 }, -1],
    ["r2", { r1: 2, r2: 1 }, 1],
    ["r2", { r1: 3, r2: 2 }, 0.5],
    ["r1", { r1: 3, r2: 2 }, -0.5],
  ];
  for (const [value, used, score] of rows) {
    expect({ value, used, score: spreadScore([BY_RACK], 6, value, used) }).toEqual({
      value,
      used,
      score,
    });
  }
});

test("a service looks at the logarithm of the fleet, a batch job at two nodes", () => {
  expect([0, 1, 4, 5, 8, 5_000].map((nodes) => scanLimit("service", nodes, false, 1))).toEqual([
    2, 2, 2, 3, 3, 13,
  ]);
  expect(scanLimit("batch", 5_000, false, 1)).toBe(2);
  expect(scanLimit("batch", 5_000, true, 10)).toBe(100);
  expect(scanLimit("service", 5_000, true, 250)).toBe(250);
  expect(scanLimit("system", 5_000, false, 1)).toBe(5_000);
});

test("poor options are set aside, and used when too few remain", () => {
  const rows: readonly (readonly [readonly number[], number, number, readonly number[]])[] = [
    [[-1, 2, 3], 2, 2, [2, 3]],
    [[-1, -2, 3, 4], 2, 2, [3, 4]],
    [[-1, -6, -3, -4], 2, 2, [-3, -4]],
    [[-1, -6], 2, 2, [-1, -6]],
    [[-1, 5], 2, 2, [5, -1]],
    [[-1, 5, -2, 2], 2, 2, [5, 2]],
    [[-1], 2, 2, [-1]],
    [[-2, 1], 2, 10, [1, -2]],
    [[1, 2], 0, 2, []],
  ];
  for (const [scores, limit, skipMax, expected] of rows) {
    expect(limitOptions(scores, (score) => score, limit, 0, skipMax)).toEqual([...expected]);
  }
});

test("no more options are asked for than the limit needs", () => {
  let asked = 0;
  function* options(): Generator<number> {
    for (;;) {
      asked += 1;
      yield asked;
    }
  }
  limitOptions(options(), (score) => score, 3);
  expect(asked).toBe(3);
});

test("shuffling loses and doubles nothing, and every order may come", () => {
  const orders = new Set<string>();
  const random = chance();
  for (let round = 0; round < 200; round += 1) {
    const order = [...shuffled(["a", "b", "c"], random)];
    expect(order.toSorted()).toEqual(["a", "b", "c"]);
    orders.add(order.join(""));
  }
  expect(orders.size).toBe(6);
});

test("a node is avoided where it failed, not where the node was lost", () => {
  const previous = { node: "b", eventNodes: ["a"] };
  expect([...penaltyNodes({ ...previous, status: "failed" })]).toEqual(["a", "b"]);
  expect([...penaltyNodes({ ...previous, status: "lost" })]).toEqual(["a"]);
  expect(penaltyNodes(null).size).toBe(0);
});
