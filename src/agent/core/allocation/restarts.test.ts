import { describe, expect, test } from "bun:test";
import { named } from "../testNode.ts";
import { code, GroupNode, groupOf, memberOf, NO_RESTART, RESTART } from "./testGroup.ts";

const web = memberOf("web");

describe("a crash", () => {
  test("restarts the member after its delay, on this node, and says so in its events", () => {
    const node = GroupNode.begun(groupOf([web]), {}, { random: () => 0.32 });
    expect(named(node.effects)).toEqual(["prepareMember web#1"]);
    expect(named(node.up("web"))).toEqual([]);
    node.now = 10_000;
    expect(named(node.exited(node.keyOf("web"), code(1)))).toEqual(["collectMember web#1"]);
    const key = node.keyOf("web");
    node.cleaned(key, { end: "exited", isOutOfMemory: false, message: null }, code(1));
    expect(named(node.effects)).toEqual([`forget ${key}`]);
    expect(node.stateOf("web")).toMatchObject({
      state: "pending",
      restarts: 1,
      lastRestartAt: 10_000,
      nextAt: 26_200,
    });
    expect(
      node
        .stateOf("web")
        .events.slice(2)
        .map(({ type, description }) => [type, description]),
    ).toEqual([
      ["Started", "Task started by client"],
      ["Terminated", "Exit Code: 1"],
      ["Restarting", "Task restarting in 16.2s"],
    ]);
    expect(named(node.tick(26_199))).toEqual([]);
    expect(named(node.tick(26_200))).toEqual(["prepareMember web#2"]);
    expect(node.keyOf("web")).not.toBe(key);
    node.up("web");
    expect(node.stateOf("web")).toMatchObject({ state: "running", startedAt: 1_000, nextAt: null });
  });

  test("beyond the attempts fails the member, and with it the group", () => {
    const node = GroupNode.running([web]);
    for (let crash = 1; crash <= 3; crash++) {
      node.exit("web", code(7));
      if (crash === 3) break;
      node.tick(node.now + 15_000);
      node.up("web");
    }
    expect(node.events("web").slice(-2)).toEqual(["Terminated", "Not Restarting"]);
    expect(node.lastEvent("web")?.description).toBe(
      'Exceeded allowed attempts 2 in interval 30m0s and mode is "fail"',
    );
    expect(node.ended()?.result).toMatchObject({
      outcome: { state: "exited", exitCode: 7 },
      startedAt: 1_000,
      processes: [{ member: "web", number: 3 }],
      allocation: { status: "failed" },
    });
  });

  test("of a batch member with exit code 0 is its success", () => {
    const node = GroupNode.running([web], { jobType: "batch" });
    node.exit("web", code(0));
    expect(node.stateOf("web")).toMatchObject({ state: "dead", failed: false, finishedAt: 1_000 });
    expect(node.events("web").at(-1)).toBe("Terminated");
    expect(node.ended()?.result).toMatchObject({
      outcome: { state: "exited", exitCode: 0 },
      allocation: { status: "complete" },
    });
  });

  test("is restarted while the server is away, too", () => {
    const node = GroupNode.running([web]);
    node.give({ input: "disconnected" });
    node.exit("web", code(1));
    expect(named(node.tick(16_000))).toEqual(["prepareMember web#2"]);
  });

  const ends = [
    [{ state: "signaled", signal: 9 }, false, "Exit Code: 137, Signal: 9"],
    [code(0), true, 'Exit Code: 0, Exit Message: "OOM Killed"'],
    [{ state: "unseen" }, false, 'Exit Message: "exit code unknown"'],
  ] as const;
  for (const [outcome, isOutOfMemory, text] of ends) {
    test(`that ends with ${text} is no success, whatever the job`, () => {
      const node = GroupNode.running([web], { jobType: "batch" });
      const key = node.keyOf("web");
      node.exited(key, outcome);
      node.cleaned(key, { end: "exited", isOutOfMemory, message: null }, outcome);
      expect(node.stateOf("web")).toMatchObject({ state: "pending", restarts: 1 });
      const events = node.stateOf("web").events;
      expect(events.find(({ type }) => type === "Terminated")?.description).toBe(text);
      expect(node.events("web").includes("Failed Restoring Task")).toBe(outcome.state === "unseen");
    });
  }
});

describe("a start that fails", () => {
  test("is tried again if it is recoverable", () => {
    const node = GroupNode.begun(groupOf([web]));
    node.notPrepared("web", { recoverable: true, event: "Failed Artifact Download" });
    expect(node.events("web").slice(-2)).toEqual(["Failed Artifact Download", "Restarting"]);
    expect(named(node.tick(16_000))).toEqual(["prepareMember web#2"]);
    expect(node.effects).toMatchObject([{ isPrepared: false }, {}]);
  });

  test("fails the member if it is not, or nobody says", () => {
    const node = GroupNode.begun(groupOf([web]));
    node.prepared(node.keyOf("web"));
    const failure = { category: "usererror", code: "CommandProgramNotFound", message: "No x." };
    node.give({ input: "spawnFailed", execution: node.keyOf("web"), failure } as never);
    expect(node.events("web").slice(-2)).toEqual(["Driver Failure", "Not Restarting"]);
    expect(node.lastEvent("web")?.description).toBe("Error was unrecoverable");
    expect(node.ended()?.result.outcome).toEqual({ state: "failedToStart", failure } as never);
  });

  test("tries again what was not the user's fault", () => {
    const node = GroupNode.begun(groupOf([web]));
    node.prepared(node.keyOf("web"));
    const failure = { category: "servererror", code: "CommandLaunchFailed", message: "No root." };
    node.give({ input: "spawnFailed", execution: node.keyOf("web"), failure } as never);
    expect(node.events("web").slice(-2)).toEqual(["Driver Failure", "Restarting"]);
  });

  test("may come to light only after the process that stood for it", () => {
    const node = GroupNode.running([web]);
    const key = node.keyOf("web");
    node.exited(key, code(125));
    const failure = { category: "servererror", code: "Unknown", message: "No daemon." } as const;
    const end = { end: "failedToStart", failure, recoverable: true } as const;
    node.give({ input: "memberCollected", key, end });
    expect(node.events("web").slice(-2)).toEqual(["Driver Failure", "Restarting"]);
  });
});

describe("the order restart", () => {
  test("signals the member, and starts it at once when it has ended", () => {
    const node = GroupNode.running([memberOf("web", { restart: NO_RESTART })]);
    node.order({ kind: "restart", execution: 1, member: "web", dead: false });
    expect(named(node.effects)).toEqual(["terminate web#1"]);
    node.exit("web", { state: "signaled", signal: 2 });
    expect(named(node.effects).at(-1)).toBe("prepareMember web#2");
    expect(
      node
        .stateOf("web")
        .events.slice(-3)
        .map(({ type, description }) => [type, description]),
    ).toEqual([
      ["Restart Signaled", "User requested task to restart"],
      ["Terminated", "Exit Code: 130, Signal: 2"],
      ["Restarting", "Task restarting in 0s"],
    ]);
    node.up("web");
    expect(node.lastEvent("web")?.type).toBe("Started");
  });

  test("kills what does not end within its kill timeout, which is at most 30 s", () => {
    const node = GroupNode.running([memberOf("web", { killTimeoutMs: 3_600_000 })]);
    node.order({ kind: "restart", execution: 1, member: null, dead: false });
    expect(named(node.tick(30_999))).toEqual([]);
    expect(named(node.tick(31_000))).toEqual(["kill web#1"]);
  });

  test("does nothing to a dead member unless it is meant", () => {
    const members = [memberOf("once", { restart: NO_RESTART }), web];
    const node = GroupNode.running(members, { jobType: "batch" });
    node.exit("once", code(0));
    node.order({ kind: "restart", execution: 1, member: "once", dead: false });
    expect(named(node.effects)).toEqual([]);
    node.order({ kind: "restart", execution: 1, member: "once", dead: true });
    expect(named(node.effects)).toEqual(["prepareMember once#2"]);
    expect(node.stateOf("once")).toMatchObject({ restarts: 1, finishedAt: null });
  });

  for (const name of ["web", null]) {
    test(`cuts the delay of a member short that waits for its restart, named ${name}`, () => {
      const node = GroupNode.running([web]);
      node.exit("web", code(1));
      node.tick(5_000);
      expect(node.stateOf("web").nextAt).toBe(16_000);
      node.order({ kind: "restart", execution: 1, member: name, dead: false });
      expect(named(node.effects)).toEqual(["prepareMember web#2"]);
      const { events, restarts } = node.stateOf("web");
      expect(restarts).toBe(1);
      expect(events.slice(-3).map(({ type, description }) => [type, description])).toEqual([
        ["Restarting", "Task restarting in 15s"],
        [
          "Restart Signaled",
          `User requested ${name === null ? "running tasks" : "task"} to restart`,
        ],
        ["Restarting", "Task restarting in 0s"],
      ]);
      expect(named(node.tick(16_000))).toEqual([]);
      node.up("web");
      expect(node.stateOf("web")).toMatchObject({ state: "running", nextAt: null });
    });
  }

  test("that cuts a delay short uses up no attempt", () => {
    const node = GroupNode.running([web]);
    node.exit("web", code(1));
    node.order({ kind: "restart", execution: 1, member: "web", dead: false });
    node.up("web");
    node.exit("web", code(1));
    expect(node.lastEvent("web")?.description).toBe("Task restarting in 15s");
    node.order({ kind: "restart", execution: 1, member: "web", dead: false });
    node.up("web");
    node.exit("web", code(1));
    expect(node.lastEvent("web")?.type).toBe("Not Restarting");
  });

  test("cuts short what waits for the end of the window", () => {
    const restart = { ...RESTART, attempts: 1, mode: "delay" } as const;
    const node = GroupNode.running([memberOf("web", { restart })]);
    node.exit("web", code(1));
    node.tick(16_000);
    node.up("web");
    node.exit("web", code(1));
    expect(node.stateOf("web").nextAt).toBe(1_801_000);
    node.order({ kind: "restart", execution: 1, member: null, dead: false });
    expect(named(node.effects)).toEqual(["prepareMember web#3"]);
  });

  test("leaves alone what starts by itself", () => {
    const first = memberOf("first", { lifecycle: { hook: "prestart", sidecar: false } });
    const node = GroupNode.begun(groupOf([first, web]));
    const before = node.events("web");
    node.order({ kind: "restart", execution: 1, member: null, dead: false });
    expect(named(node.effects)).toEqual([]);
    expect(node.events("web")).toEqual(before);
    expect(node.events("first")).toEqual(before);
  });

  test("of all members goes through their order anew, also for one that waits for its restart", () => {
    const first = memberOf("first", { lifecycle: { hook: "prestart", sidecar: false } });
    const node = GroupNode.begun(groupOf([first, web]));
    node.up("first");
    node.exit("first", code(0));
    node.up("web");
    node.exit("web", code(1));
    node.order({ kind: "restart", execution: 1, member: null, dead: true });
    expect(named(node.effects)).toEqual(["prepareMember first#2"]);
    node.up("first");
    node.exit("first", code(0));
    expect(named(node.effects).at(-1)).toBe("prepareMember web#2");
  });

  test("of all members goes through their order anew", () => {
    const first = memberOf("first", { lifecycle: { hook: "prestart", sidecar: false } });
    const node = GroupNode.begun(groupOf([first, web]));
    node.up("first");
    node.exit("first", code(0));
    node.up("web");
    node.order({ kind: "restart", execution: 1, member: null, dead: true });
    expect(named(node.effects)).toEqual(["terminate web#1", "prepareMember first#2"]);
    node.exit("web", code(0));
    expect(named(node.effects).filter((each) => each.startsWith("prepare"))).toEqual([]);
    node.up("first");
    node.exit("first", code(0));
    expect(named(node.effects).at(-1)).toBe("prepareMember web#2");
  });
});

describe("a changed template", () => {
  test("restarts its member without a count, or signals it", () => {
    const node = GroupNode.running([memberOf("web", { restart: NO_RESTART })]);
    const changed = { input: "templateChanged", execution: 1, member: "web" } as const;
    node.give({ ...changed, action: { kind: "signal", signal: "SIGHUP" } });
    expect(named(node.effects)).toEqual(["SIGHUP web#1"]);
    expect(node.lastEvent("web")).toMatchObject({
      type: "Signaling",
      description: "Template re-rendered",
    });
    node.give({ ...changed, action: { kind: "restart" } });
    expect(named(node.effects)).toEqual(["terminate web#1"]);
    node.exit("web", code(0));
    expect(named(node.effects).at(-1)).toBe("prepareMember web#2");
  });

  test("is watched for from the start of the member to its end", () => {
    const template = {
      source: null,
      data: "x",
      destination: "local/x",
      changeMode: "restart",
      changeSignal: "",
      env: false,
      perms: "0644",
      splayMs: 0,
      leftDelimiter: "{{",
      rightDelimiter: "}}",
    } as const;
    const node = GroupNode.begun(groupOf([memberOf("web", { templates: [template] })]));
    expect(named(node.up("web"))).toEqual(["watchTemplates web#1"]);
    node.order({ kind: "stop", execution: 1, graceMs: 0 });
    node.exit("web", code(0));
    expect(named(node.effects)).toContain("unwatchTemplates web");
  });
});

test("a member waits for the end of the window when its mode is delay", () => {
  const restart = { ...RESTART, attempts: 1, intervalMs: 60_000, mode: "delay" } as const;
  const node = GroupNode.running([memberOf("web", { restart })]);
  node.exit("web", code(1));
  node.tick(16_000);
  node.up("web");
  node.now = 20_000;
  node.exit("web", code(1));
  expect(node.stateOf("web").nextAt).toBe(61_000);
  expect(node.lastEvent("web")?.description).toBe(
    "Exceeded allowed attempts, applying a delay - Task restarting in 41s",
  );
});

test("after the clock was set back a restart does not wait for longer than its delay", () => {
  const node = GroupNode.running([web]);
  node.now = 100_000;
  node.exit("web", code(1));
  expect(node.stateOf("web").nextAt).toBe(115_000);
  node.tick(50_000);
  expect(node.stateOf("web").nextAt).toBe(65_000);
});
