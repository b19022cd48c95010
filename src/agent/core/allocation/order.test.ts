import { describe, expect, test } from "bun:test";
import type { MemberSpec } from "../../../model/group.ts";
import { named } from "../testNode.ts";
import { code, GroupNode, groupOf, groupOrderOf, memberOf, NO_RESTART } from "./testGroup.ts";

const hook = (hookName: "prestart" | "poststart" | "poststop", sidecar = false) => ({
  lifecycle: { hook: hookName, sidecar },
});
const web = memberOf("web");
const api = memberOf("api");
const before = memberOf("before", hook("prestart"));
const proxy = memberOf("proxy", hook("prestart", true));
const after = memberOf("after", hook("poststart"));
const cleanup = memberOf("cleanup", hook("poststop"));

function starts(node: GroupNode): string[] {
  return named(node.effects).flatMap((name) =>
    name.startsWith("prepareMember") ? [name.split(" ")[1]?.split("#")[0] ?? ""] : [],
  );
}

describe("the order in a group", () => {
  test("is prestart, mains, poststart, and poststop when all are dead", () => {
    const node = GroupNode.begun(groupOf([cleanup, after, web, api, proxy, before]), {
      jobType: "batch",
    });
    expect(starts(node)).toEqual(["proxy", "before"]);
    node.up("before");
    node.exit("before", code(0));
    expect(starts(node)).toEqual([]);
    node.up("proxy");
    expect(starts(node)).toEqual(["web", "api"]);
    node.up("web");
    expect(starts(node)).toEqual([]);
    node.up("api");
    expect(starts(node)).toEqual(["after"]);
    node.exit("web", code(0));
    node.exit("api", code(0));
    expect(node.events("proxy").includes("Main Tasks Dead")).toBe(false);
    node.up("after");
    node.exit("after", code(0));
    expect(named(node.effects)).toContain("terminate proxy#1");
    expect(node.events("proxy").slice(-2)).toEqual(["Main Tasks Dead", "Killing"]);
    node.exit("proxy", { state: "signaled", signal: 15 });
    expect(starts(node)).toEqual(["cleanup"]);
    node.up("cleanup");
    node.exit("cleanup", code(0));
    expect(node.ended()?.result.allocation?.status).toBe("complete");
  });

  test("holds mains back until a prestart member has ended with success", () => {
    const node = GroupNode.begun(groupOf([before, web]));
    node.up("before");
    node.exit("before", code(1));
    expect(starts(node)).toEqual([]);
    node.tick(16_000);
    expect(starts(node)).toEqual(["before"]);
    node.up("before");
    node.exit("before", code(0));
    expect(starts(node)).toEqual(["web"]);
  });

  test("lets no main start after a prestart member that failed, but poststop", () => {
    const failing = { ...before, restart: NO_RESTART };
    const node = GroupNode.begun(groupOf([failing, web, cleanup]));
    node.up("before");
    node.exit("before", code(1));
    expect(starts(node)).toEqual(["cleanup"]);
    expect(node.events("web").slice(-2)).toEqual(["Sibling Task Failed", "Killed"]);
    expect(node.stateOf("web")).toMatchObject({ state: "dead", failed: false, startedAt: null });
    node.up("cleanup");
    node.exit("cleanup", code(0));
    expect(node.ended()?.result).toMatchObject({
      outcome: { state: "exited", exitCode: 1 },
      allocation: { status: "failed" },
    });
  });

  test("starts a sidecar again that crashed, while mains go on", () => {
    const node = GroupNode.begun(groupOf([proxy, web]));
    node.up("proxy");
    node.up("web");
    node.exit("proxy", code(0));
    expect(node.stateOf("proxy")).toMatchObject({ state: "pending", restarts: 1 });
    node.tick(16_000);
    expect(starts(node)).toEqual(["proxy"]);
    expect(node.stateOf("web").state).toBe("running");
  });
});

describe("a member that failed", () => {
  test("kills its siblings, which have not failed", () => {
    const node = GroupNode.running([memberOf("web", { restart: NO_RESTART }), api]);
    node.exit("web", code(3));
    expect(named(node.effects).at(-1)).toBe("terminate api#1");
    expect(node.stateOf("api").events.slice(-2)).toMatchObject([
      { type: "Sibling Task Failed", description: `Task's sibling "web" failed` },
      { type: "Killing", description: "Sent interrupt. Waiting 5s before force killing" },
    ]);
    node.exit("api", { state: "signaled", signal: 15 });
    expect(node.events("api").slice(-2)).toEqual(["Terminated", "Killed"]);
    expect(node.stateOf("api")).toMatchObject({ failed: false, restarts: 0 });
    expect(node.ended()?.result.outcome).toEqual({ state: "exited", exitCode: 3 });
  });

  test("ends the wait of a sibling for its restart", () => {
    const node = GroupNode.running([memberOf("web", { restart: NO_RESTART }), api]);
    node.exit("api", code(1));
    node.exit("web", code(3));
    expect(node.stateOf("api")).toMatchObject({ state: "dead", failed: false, nextAt: null });
    expect(node.ended()).toBeDefined();
  });

  test("abandons the preparation of a sibling", () => {
    const node = GroupNode.begun(groupOf([memberOf("web", { restart: NO_RESTART }), api]));
    node.up("web");
    const key = node.keyOf("api");
    node.exit("web", code(3));
    expect(named(node.effects)).toContain(`cancelPrepare ${key}`);
    expect(node.ended()).toBeDefined();
    expect(
      named(node.give({ input: "prepared", execution: key, outcome: { ok: true } } as never)),
    ).toEqual([]);
  });

  test("as a service with exit code 0 and no restarts has failed all the same", () => {
    const node = GroupNode.running([memberOf("web", { restart: NO_RESTART })]);
    node.exit("web", code(0));
    expect(node.lastEvent("web")?.description).toBe("Policy allows no restarts");
    expect(node.ended()?.result.allocation?.status).toBe("failed");
  });
});

test("a dead leader takes the others with it", () => {
  const node = GroupNode.running([memberOf("web", { leader: true }), api], { jobType: "batch" });
  node.exit("web", code(0));
  expect(named(node.effects).at(-1)).toBe("terminate api#1");
  expect(node.stateOf("api").events.at(-2)).toMatchObject({
    type: "Leader Task Dead",
    description: "Leader Task in Group dead",
  });
});

test("a member that crashes while the group ends is neither restarted nor failed", () => {
  const leader = memberOf("lead", { leader: true, restart: NO_RESTART });
  const node = GroupNode.running([leader, memberOf("web", { restart: NO_RESTART }), api]);
  node.order({ kind: "stop", execution: 1, graceMs: 0 });
  node.exit("web", code(1));
  node.exit("api", code(1));
  for (const name of ["web", "api"]) {
    expect(node.stateOf(name)).toMatchObject({ state: "dead", failed: false, restarts: 0 });
  }
});

describe("the order stop", () => {
  const stop = { kind: "stop", execution: 1, graceMs: 0 } as const;
  const leader = memberOf("lead", { leader: true });

  test("ends the leader, then the others, then sidecars, then runs poststop", () => {
    const members: MemberSpec[] = [proxy, web, leader, cleanup];
    const node = GroupNode.begun(groupOf(members));
    node.up("proxy");
    node.up("web");
    node.up("lead");
    expect(named(node.order(stop))).toEqual(["terminate lead#1"]);
    for (const [name, next] of [
      ["lead", "terminate web#1"],
      ["web", "terminate proxy#1"],
    ] as const) {
      node.exit(name, { state: "signaled", signal: 15 });
      expect(named(node.effects).at(-1)).toBe(next);
    }
    node.exit("proxy", code(0));
    expect(starts(node)).toEqual(["cleanup"]);
    expect(named(node.order(stop))).toEqual([]);
    node.up("cleanup");
    node.exit("cleanup", code(0));
    expect(node.events("web").slice(-3)).toEqual(["Killing", "Terminated", "Killed"]);
    expect(node.lastEvent("web")?.description).toBe("Task successfully killed");
    expect(node.ended()?.result).toMatchObject({
      outcome: { state: "exited", exitCode: 0 },
      allocation: { status: "complete" },
    });
  });

  test("waits for the shutdown delays of the group and of the member", () => {
    const slow = memberOf("web", { shutdownDelayMs: 2_000, killTimeoutMs: 1_000 });
    const node = GroupNode.running([slow], {}, { shutdownDelayMs: 3_000 });
    expect(named(node.order(stop))).toEqual([]);
    expect(node.lastEvent("web")?.type).toBe("Started");
    expect(named(node.tick(4_000))).toEqual([]);
    expect(node.stateOf("web").events.slice(-2)).toMatchObject([
      { type: "Killing" },
      {
        type: "Waiting for shutdown delay",
        description: "Waiting for shutdown_delay of 2s before killing the task.",
      },
    ]);
    expect(named(node.tick(5_999))).toEqual([]);
    expect(named(node.tick(6_000))).toEqual(["terminate web#1"]);
    expect(named(node.tick(7_000))).toEqual(["kill web#1"]);
    expect(named(node.tick(8_000))).toEqual(["kill web#1"]);
  });

  test("ends a member that ends by itself in its shutdown delay without a restart", () => {
    const node = GroupNode.running([memberOf("web", { shutdownDelayMs: 2_000 })]);
    node.order(stop);
    node.exit("web", code(1));
    expect(node.ended()?.result.allocation?.members[0]).toMatchObject({ failed: false });
  });

  test("before anything was made ends the group without a process", () => {
    const node = new GroupNode();
    node.give({ input: "recovered", bootId: "boot-1", memories: new Map() });
    node.welcome();
    expect(named(node.start(groupOrderOf(1, groupOf([web]))))).toEqual(["prepareAllocation 1"]);
    expect(named(node.order(stop))).toEqual(["cancelPrepare 1", "closeAllocation 1"]);
    expect(node.ended()?.result).toMatchObject({
      outcome: { state: "failedToStart", failure: { code: "TaskEnded" } },
      allocation: { status: "complete", members: [{ state: "dead", failed: false }] },
    });
  });

  test("that comes while the start is under way is carried out when it is seen", () => {
    const node = GroupNode.begun(groupOf([web]));
    node.prepared(node.keyOf("web"));
    expect(named(node.order(stop))).toEqual([]);
    expect(named(node.spawned(node.keyOf("web")))).toEqual(["terminate web#1"]);
  });
});

describe("a group that may run for so long", () => {
  test("is killed then, counts as complete, and runs no poststop", () => {
    const node = GroupNode.begun(groupOf([web, cleanup], { maxRunDurationMs: 60_000 }));
    node.now = 5_000;
    node.up("web");
    expect(named(node.tick(64_999))).toEqual([]);
    expect(named(node.tick(65_000))).toEqual(["terminate web#1"]);
    node.exit("web", { state: "signaled", signal: 15 });
    const description = "Exceeded max_run_duration of 1m0s";
    expect(node.ended()?.result).toMatchObject({
      outcome: { state: "exited", exitCode: 0 },
      allocation: {
        status: "complete",
        description,
        members: [{}, { state: "dead", startedAt: null }],
      },
    });
    const events = node.stateOf("web").events.slice(-4);
    expect(events.map(({ type }) => type)).toEqual(["Killing", "Killing", "Terminated", "Killed"]);
    expect(events[0]?.description).toBe(description);
  });

  test("tells a member that waits for its restart why it does not begin again", () => {
    const node = GroupNode.begun(groupOf([web], { maxRunDurationMs: 60_000 }));
    node.up("web");
    node.now = 60_000;
    node.exit("web", code(1));
    node.tick(61_000);
    const events = node.stateOf("web").events.slice(-3);
    expect(events.map(({ type }) => type)).toEqual(["Restarting", "Killing", "Killed"]);
    expect(node.ended()?.result.allocation?.description).toContain("max_run_duration");
  });
});

describe("without a server", () => {
  const group = {
    disconnect: {
      lostAfterMs: 0,
      replace: true,
      reconcile: "best_score",
      stopOnClientAfterMs: 60_000,
    },
  } as const;

  test("for as long as the group allows it is stopped, with poststop", () => {
    const node = GroupNode.running([web, cleanup], {}, group);
    node.tick(100_000);
    node.give({ input: "disconnected" });
    expect(named(node.tick(159_999))).toEqual([]);
    node.restart([
      [node.keyOf("web"), { memory: "running", process: node.spawnedAs("web"), startedAt: 1_000 }],
    ]);
    expect(named(node.tick(160_000))).toEqual(["terminate web#1"]);
    node.exit("web", code(0));
    expect(starts(node)).toEqual(["cleanup"]);
  });

  test("for a shorter time nothing happens, and the next time counts anew", () => {
    const node = GroupNode.running([web], {}, group);
    node.give({ input: "disconnected" });
    node.tick(30_000);
    node.welcome();
    node.give({ input: "disconnected" });
    expect(named(node.tick(61_000))).toEqual([]);
    expect(named(node.tick(90_000))).toEqual(["terminate web#1"]);
  });
});

test("a group that the server lets go of ends without delays and without a result", () => {
  const slow = memberOf("web", { shutdownDelayMs: 60_000 });
  const node = GroupNode.running([slow, cleanup], {}, { shutdownDelayMs: 60_000 });
  expect(named(node.order({ kind: "discard", execution: 1 }))).toEqual(["terminate web#1"]);
  node.exit("web", code(0));
  node.up("cleanup");
  node.exit("cleanup", code(0));
  expect(named(node.effects).at(-1)).toBe("closeAllocation 1");
  expect(node.machine.executions.size).toBe(0);
  expect(node.machine.memberProcesses.size).toBe(0);
  expect(node.ended()).toBeUndefined();
});

test("a group whose directories cannot be made has failed", () => {
  const node = new GroupNode();
  node.give({ input: "recovered", bootId: "boot-1", memories: new Map() });
  node.welcome();
  node.start(groupOrderOf(1, groupOf([web])));
  const failure = { category: "usererror", code: "DiskFull", message: "No room." } as const;
  node.give({ input: "prepared", execution: 1, outcome: { ok: false, failure } });
  expect(node.ended()?.result).toMatchObject({
    outcome: { state: "failedToStart", failure },
    allocation: { status: "failed", members: [{ failed: true }] },
  });
  expect(node.events("web").at(-1)).toBe("Setup Failure");
});

test("what is said of a member that is being prepared reaches the server at once", () => {
  const node = GroupNode.begun(groupOf([memberOf("web")]));
  const said = { type: "Template", description: "Missing: key a/b" } as const;
  node.give({ input: "memberEvent", key: node.keyOf("web"), ...said });
  const state = node.machine.outbox.messages.findLast(({ kind }) => kind === "allocation");
  expect(state).toMatchObject({ state: { members: [{ state: "pending" }] } });
  expect(node.lastEvent("web")).toMatchObject(said);
  expect(state?.kind === "allocation" && state.state.members[0]?.events.at(-1)).toMatchObject(said);
});
