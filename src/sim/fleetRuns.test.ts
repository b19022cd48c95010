import { expect, test } from "bun:test";
import type { FleetRequest } from "../fleet/input.ts";
import { Scenario } from "./scenario.ts";

const NODES = 1_000;
const START_WITHIN_MS = 120_000;

/** As one of the people, whose numbers follow from the order in which they were made. */
function ask(scenario: Scenario, user: number | null, request: FleetRequest): void {
  const level = user === 1 ? 0 : user === 2 ? 1 : 2;
  const actor = user === null ? null : ({ user, level } as const);
  const reply = scenario.ask({ kind: "fleet", request, actor });
  if (reply?.ok !== true) throw new Error(`${request.request}: ${reply?.error.message}`);
}

/** An administrator, a manager, an owner with an approved script of five seconds, and nodes that it is for. */
function fleetOf(count: number): Scenario {
  const names = Array.from({ length: count }, (_, index) => `n${index}`);
  const scenario = new Scenario(...names);
  ask(scenario, null, { request: "makeFirstUser", id: "admin" });
  for (const [id, role] of [
    ["manager", 1],
    ["owner", 2],
  ] as const) {
    const profile = { name: id, phone: "1", email: "a@b", description: "" };
    ask(scenario, null, { request: "createUser", id, profile, passwordHash: "" });
    ask(scenario, 1, { request: "editUser", user: id, profile: {}, role, status: "enable" });
  }
  enable(scenario, names);
  const script = { name: "work-5000-0.sh", sha256: "0".repeat(64), sizeBytes: 10, words: [] };
  const content = { script, osUser: null, byOnDemand: true, startWithinMs: START_WITHIN_MS };
  ask(scenario, 3, { request: "createDefinition", id: "def", description: "", content });
  const targets = { nodes: names, nodeGroups: [] };
  ask(scenario, 3, { request: "addTargets", definition: "def", targets });
  const approval = { approver: "manager", reason: "" };
  ask(scenario, 3, { request: "requestApproval", definition: "def", ...approval });
  ask(scenario, 2, { request: "acceptApproval", definition: "def" });
  return scenario;
}

/** All of them together, in a few steps. */
function enable(scenario: Scenario, nodes: readonly string[]): void {
  const { server } = scenario.world;
  let answers = 0;
  for (const node of nodes) {
    const request = { request: "editNode", node, status: "enable" } as const;
    const input = { kind: "fleet", request, actor: { user: 3, level: 2 } } as const;
    server.submit(input, () => {
      answers += 1;
    });
  }
  scenario.until("all nodes are enabled", () => answers === nodes.length);
}

/** How many targets ended how; an open one under its state. */
function ends(scenario: Scenario): Record<string, number> {
  const { disk } = scenario.world;
  const instance = disk.fleet.instances.get(1);
  const counts: Record<string, number> = {};
  for (const { progress } of disk.tasks.get(instance?.job ?? 0)?.byNumber.values() ?? []) {
    const { outcome, state } = progress;
    const end = outcome === null ? state : (outcome.failure?.code ?? outcome.result);
    counts[end] = (counts[end] ?? 0) + 1;
  }
  return counts;
}

test("of 1,000 nodes 5 % die, come back or never answer, and every target ends in a state", () => {
  const scenario = fleetOf(NODES);
  const { machines, random, agenda, disk } = scenario.world;
  const silent = machines.slice(0, 15);
  const dying = machines.slice(15, 30);
  const returning = machines.slice(30, 40);
  const cut = machines.slice(40, 50);
  for (const machine of silent) machine.powerOff();
  scenario.pass(30_000);
  const run = { request: "runDefinition", definition: "def", nodes: null, arguments: [] } as const;
  ask(scenario, 3, run);
  for (const machine of dying) agenda.after(random.between(0, 5_000), () => machine.powerOff());
  for (const machine of returning) {
    agenda.after(random.between(0, 5_000), () => machine.powerOff());
    agenda.after(random.between(20_000, 100_000), () => machine.powerOn());
  }
  for (const machine of cut) {
    const durationMs = random.between(5_000, 100_000);
    agenda.after(random.between(0, 5_000), () => machine.cutOff(durationMs));
  }
  scenario.until("the run has ended", () => disk.fleet.instances.get(1)?.endedAt != null);
  const {
    success = 0,
    NodeDidNotAnswer: unanswered = 0,
    NodeLost: lost = 0,
    StartTooLate: late = 0,
    ExitCodeUnknown: unseen = 0,
    ...others
  } = ends(scenario);
  expect(others).toEqual({});
  expect(success + unanswered + lost + late + unseen).toBe(NODES);
  expect(unanswered).toBeGreaterThanOrEqual(silent.length);
  expect(success).toBeGreaterThanOrEqual(NODES - 50);
  expect(lost).toBeGreaterThan(0);
  expect(disk.fleet.instances.get(1)).toMatchObject({ result: "fail", targetCount: NODES });
});
