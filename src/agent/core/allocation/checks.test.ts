import { describe, expect, test } from "bun:test";
import type { CheckStatus } from "../../../model/allocation.ts";
import { named } from "../testNode.ts";
import { checkOf, code, GroupNode, groupOf, memberOf, NO_RESTART, serviceOf } from "./testGroup.ts";

const rule = { limit: 3, graceMs: 5_000, ignoreWarnings: false };
const alive = checkOf("alive", { checkRestart: rule });
const web = memberOf("web", { services: [serviceOf([alive])] });

function probed(node: GroupNode, status: CheckStatus, output = "", probe = 1) {
  return node.give({ input: "probed", execution: 1, probe, status, output, at: node.now });
}

/** Ticks once a second, as the runtime would. */
function passUntil(node: GroupNode, now: number): string[] {
  const effects: string[] = [];
  while (node.now < now) effects.push(...named(node.tick(Math.min(node.now + 1_000, now))));
  return effects;
}

describe("checks", () => {
  test("are probed while their member runs, where its port is", () => {
    const node = GroupNode.begun(groupOf([web]));
    expect(named(node.up("web"))).toEqual(["startProbe alive"]);
    expect(node.effects[0]).toMatchObject({
      probe: 1,
      service: "web",
      address: { host: "127.0.0.1", port: 20_001 },
      process: { member: "web", processNumber: 1 },
    });
    expect(named(node.exited(node.keyOf("web"), code(1)))).toContain("stopProbe 1");
    node.exit("web", code(1));
    node.tick(16_000);
    expect(named(node.up("web"))).toEqual(["startProbe alive"]);
  });

  test("of a group belong to its only member, or to all mains", () => {
    const services = [serviceOf([alive])];
    const single = GroupNode.running([memberOf("web")], {}, { services });
    expect(single.effects).toMatchObject([{ process: { member: "web" } }, {}]);
    const twins = GroupNode.running([memberOf("web"), memberOf("api")], {}, { services });
    expect(twins.machine.executions.get(1)?.watch?.probes.get(1)?.probe.process).toBeNull();
  });

  test("are reported when they say something new", () => {
    const node = GroupNode.running([web]);
    node.acknowledgeAll();
    probed(node, "passing", "ok");
    expect(node.reports()).toMatchObject([
      { kind: "allocation", state: { checks: [{ check: "alive", status: "passing", at: 1_000 }] } },
    ]);
    node.now = 1_500;
    probed(node, "passing", "ok");
    expect(node.reports()).toEqual([]);
    probed(node, "passing", "ok", 99);
    expect(node.reports()).toEqual([]);
  });

  test("that stay bad for limit - 1 intervals after the grace restart their member as a failure", () => {
    const node = GroupNode.running([web]);
    probed(node, "critical");
    expect(passUntil(node, 25_000)).toEqual([]);
    expect(passUntil(node, 27_000)).toEqual(["terminate web#1", "stopProbe 1"]);
    node.exit("web", { state: "signaled", signal: 15 });
    expect(
      node
        .stateOf("web")
        .events.slice(-3)
        .map(({ type, description }) => [type, description]),
    ).toEqual([
      ["Restart Signaled", 'healthcheck: check "alive" unhealthy'],
      ["Terminated", "Exit Code: 143, Signal: 15"],
      ["Restarting", "Task restarting in 15s"],
    ]);
    node.tick(node.now + 15_000);
    expect(named(node.up("web"))).toEqual(["startProbe alive"]);
    expect(passUntil(node, node.now + 24_000)).toEqual([]);
  });

  test("that are well in between begin to count anew", () => {
    const node = GroupNode.running([web]);
    probed(node, "critical");
    passUntil(node, 20_000);
    probed(node, "passing");
    passUntil(node, 22_000);
    probed(node, "critical");
    expect(passUntil(node, 40_000)).toEqual([]);
    expect(passUntil(node, 44_000)).toContain("terminate web#1");
  });

  test("that never ran are bad, too", () => {
    const node = GroupNode.running([web]);
    expect(passUntil(node, 30_000)).toContain("terminate web#1");
  });

  test("end with the stop of their member", () => {
    const node = GroupNode.running([web]);
    node.order({ kind: "stop", execution: 1, graceMs: 0 });
    expect(named(node.effects)).toEqual(["terminate web#1", "stopProbe 1"]);
  });
});

describe("health", () => {
  const health = { healthCheck: "checks", minHealthyTimeMs: 10_000, deadlineMs: 60_000 } as const;

  test("is reported after the time without a break in which all is well", () => {
    const node = GroupNode.running([web], { health });
    node.now = 4_000;
    probed(node, "passing");
    node.tick(13_999);
    expect(stateOf(node)).toMatchObject({ health: null });
    node.tick(14_000);
    expect(stateOf(node)).toMatchObject({ health: { healthy: true, at: 14_000, reason: null } });
  });

  test("is given up at the deadline, and said in the members' events", () => {
    const node = GroupNode.running([web], { health: { ...health, healthCheck: "checks" } });
    for (let now = 2_000; now < 61_000; now += 1_000) node.tick(now);
    node.tick(61_000);
    expect(stateOf(node)?.health).toMatchObject({ healthy: false, at: 61_000 });
    expect(node.events("web")).toContain("Alloc Unhealthy");
  });

  test("is denied at once when a member fails, and not when the group is stopped", () => {
    const failing = memberOf("web", { restart: NO_RESTART });
    const node = GroupNode.running([failing, memberOf("api")], { health });
    node.exit("web", code(1));
    expect(stateOf(node)?.health).toMatchObject({ healthy: false });
    const stopped = GroupNode.running([memberOf("web")], { health });
    stopped.order({ kind: "stop", execution: 1, graceMs: 0 });
    stopped.exit("web", code(0));
    expect(stopped.ended()?.result.allocation?.health).toBeNull();
  });

  test("needs no checks when the states of members decide", () => {
    const node = GroupNode.running([web], { health: { ...health, healthCheck: "task_states" } });
    node.tick(11_000);
    expect(stateOf(node)).toMatchObject({ health: { healthy: true } });
  });
});

function stateOf(node: GroupNode) {
  const reports = node.machine.outbox.messages.filter(({ kind }) => kind === "allocation");
  const last = reports.at(-1);
  return last?.kind === "allocation" ? last.state : undefined;
}
