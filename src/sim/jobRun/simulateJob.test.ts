import { expect, test } from "bun:test";
import { groupJob } from "../../engine/groups/testGroups.ts";
import type { GroupSpec } from "../../model/group.ts";
import type { SimulationReport } from "../../model/simulation.ts";
import { aMember } from "../../placement/testGroup.ts";
import { simulateJob } from "./simulateJob.ts";

const HOUR_MS = 3_600_000;
const RESTART = { attempts: 2, intervalMs: 600_000, delayMs: 15_000, mode: "fail" } as const;
const MEMBERS = [aMember({ name: "server", restart: RESTART })];

function simulated(
  group: Partial<GroupSpec>,
  failures: readonly string[],
  type: "service" | "batch" | "system" = "service",
): SimulationReport {
  const spec = groupJob({ migrate: null, members: MEMBERS, ...group }, { type });
  const answer = simulateJob({ spec, nodes: 5, durationMs: HOUR_MS, failures, seed: 7 });
  if (!answer.ok) throw new Error(answer.mistakes[0]?.message);
  return answer.report;
}

function lines({ events }: SimulationReport): string[] {
  return events.map(({ atMs, node, allocation, type, description }) =>
    [Math.round(atMs / 1_000), node, allocation, type, description].join(" | "),
  );
}

test("a process that fails again and again is restarted, rescheduled, and given up by policy", () => {
  const reschedule = {
    attempts: 1,
    intervalMs: HOUR_MS,
    delayMs: 5_000,
    delayFunction: "constant",
    maxDelayMs: 0,
    unlimited: false,
  } as const;
  const report = simulated({ reschedule, update: null }, ["process:after=60s,exit=3"]);
  expect(lines(report)).toEqual([
    "0 | node-5 | example.cache[0] | Placed | First of its task",
    "60 | node-5 | example.cache[0] | Terminated | Exit Code: 3",
    "60 | node-5 | example.cache[0] | Restarting | Task restarting in 15.239s",
    "136 | node-5 | example.cache[0] | Terminated | Exit Code: 3",
    "136 | node-5 | example.cache[0] | Restarting | Task restarting in 16.368s",
    "212 | node-5 | example.cache[0] | Terminated | Exit Code: 3",
    '212 | node-5 | example.cache[0] | Not Restarting | Exceeded allowed attempts 2 in interval 10m0s and mode is "fail"',
    '212 | node-5 | example.cache[0] | Rescheduling | Member server failed: Exit Code: 3 (not restarted: Exceeded allowed attempts 2 in interval 10m0s and mode is "fail"). Rescheduled after 5s, attempt 1 of 1 in interval 1h0m0s',
    "217 | node-4 | example.cache[0] | Placed | Takes the place of a failed one, reschedule 1",
    "277 | node-4 | example.cache[0] | Terminated | Exit Code: 3",
    "277 | node-4 | example.cache[0] | Restarting | Task restarting in 15.697s",
    "353 | node-4 | example.cache[0] | Terminated | Exit Code: 3",
    "353 | node-4 | example.cache[0] | Restarting | Task restarting in 15.51s",
    "429 | node-4 | example.cache[0] | Terminated | Exit Code: 3",
    '429 | node-4 | example.cache[0] | Not Restarting | Exceeded allowed attempts 2 in interval 10m0s and mode is "fail"',
    '429 | node-4 | example.cache[0] | Given up | Member server failed: Exit Code: 3 (not restarted: Exceeded allowed attempts 2 in interval 10m0s and mode is "fail"). Exceeded allowed reschedule attempts 1 in interval 1h0m0s',
  ]);
  expect(report.groups).toMatchObject([{ restarts: 4, reschedules: 1, givenUp: 1 }]);
});

test("the same seed gives the same report, another seed another one", () => {
  const failures = ["process:p=0.9/h", "node:mtbf=1h,mttr=5m", "check:p=0.5/h", "start:p=0.2"];
  const spec = groupJob({ count: 4, migrate: null });
  const wish = { spec, nodes: 4, durationMs: 3 * HOUR_MS, failures, seed: 1 };
  expect(simulateJob(wish)).toEqual(simulateJob(wish));
  expect(simulateJob({ ...wish, seed: 2 })).not.toEqual(simulateJob(wish));
});

test("without failures nothing is down", () => {
  const report = simulated({ count: 3 }, []);
  expect(report.groups).toMatchObject([{ tasks: 3, restarts: 0, availability: 1 }]);
  expect(report.events.at(-1)?.description).toBe("Deployment completed successfully");
});

test("a group that outlives a cut is replaced meanwhile, and one of the two is kept", () => {
  const disconnect = {
    lostAfterMs: HOUR_MS,
    replace: true,
    reconcile: "keep_original",
    stopOnClientAfterMs: null,
  } as const;
  const report = simulated({ disconnect }, ["link:at=10m,for=5m"]);
  const types = report.events.map(({ type }) => type);
  expect(types.slice(types.indexOf("Node cut off"))).toEqual([
    "Node cut off",
    "Unknown",
    "Rescheduling",
    "Placed",
    "Node back",
    "Reconnected",
    "Stopping",
    "Decided",
    "Terminated",
  ]);
  expect(report.groups).toMatchObject([{ downtimeMs: 0, availability: 1 }]);
});

test("a machine that goes off takes a service's task with it for as long as its silence is waited for", () => {
  const report = simulated({}, ["node:at=10m,for=20m"]);
  expect(report.groups).toMatchObject([{ replacements: 1, reschedules: 0 }]);
  const [{ downtimeMs } = { downtimeMs: null }] = report.groups;
  expect(downtimeMs).toBeGreaterThan(29_000);
  expect(downtimeMs).toBeLessThan(35_000);
});

test("batch work completes", () => {
  const report = simulated({ count: 2, update: null }, [], "batch");
  expect(report.groups).toMatchObject([{ completed: 2, availability: null }]);
});

test("what no node takes is told with its reasons", () => {
  const constraints = [{ attribute: "${attr.kernel.name}", operator: "=", value: "windows" }];
  const [waiting] = simulated({ constraints }, []).waiting;
  expect(waiting?.reasons.join(" ")).toContain("excluded 5 nodes");
});

test("a mistake in a failure is answered, and nothing is run", () => {
  const wish = { spec: groupJob(), nodes: 1, durationMs: 1, failures: ["fire"], seed: 1 };
  expect(simulateJob(wish)).toMatchObject({ ok: false, mistakes: [{ given: "fire" }] });
});
