import { describe, expect, test } from "bun:test";
import { SCRIPT, TestOperations } from "../testOperations.ts";

function withNodes(...ids: string[]): TestOperations {
  const operations = new TestOperations();
  for (const id of ids) operations.node(id);
  return operations;
}

describe("targets", () => {
  test("are the union of nodes and groups, once each, without those that are disabled or gone", () => {
    const operations = withNodes("c", "a", "b", "gone");
    operations.node("off", { status: "disable" });
    operations.node("batch", { accepts: false, poolId: "batch" });
    for (const id of ["g1", "g2"]) {
      operations.must("manager", { request: "createNodeGroup", id, description: "" });
      for (const node of ["a", "b", "off"]) {
        operations.must("manager", { request: "addGroupNode", nodeGroup: id, node });
      }
    }
    operations.definition("t", ["c", "a", "batch", "gone"]);
    const targets = { nodes: [], nodeGroups: ["g1", "g2"] };
    operations.must("owner", { request: "addTargets", definition: "t", targets });
    operations.approve("t");
    operations.must("admin", { request: "deleteNode", node: "gone" });
    expect(operations.run("owner", "t")).toEqual({ ok: true, instance: 1 });
    const nodes = operations.runs[0]?.targets.map(({ node }) => operations.nodes.get(node)?.id);
    expect(nodes).toEqual(["a", "b", "c"]);
  });

  test("may be picked by hand, none outside them, none that is disabled", () => {
    const operations = withNodes("a", "b", "outside");
    operations.node("off", { status: "disable" });
    operations.definition("t", ["a", "b", "off"]);
    expect(operations.run("owner", "t", ["b"])).toMatchObject({ ok: true });
    expect(operations.runs[0]?.targets).toHaveLength(1);
    expect(operations.run("owner", "t", ["outside"])).toMatchObject({
      error: { code: "NotATarget", message: expect.stringContaining("outside is no target") },
    });
    expect(operations.run("owner", "t", ["a", "off"])).toMatchObject({
      error: { code: "NotATarget", message: expect.stringContaining("it is disabled") },
    });
    expect(operations.run("owner", "t", ["unknown"])).toMatchObject({
      error: { code: "NodeNotFound" },
    });
    expect(operations.runs).toHaveLength(1);
  });

  test("that leave nothing to run are a refusal that says why", () => {
    const operations = new TestOperations();
    operations.node("off", { status: "disable" });
    operations.definition("t", ["off"]);
    expect(operations.run("owner", "t")).toMatchObject({
      error: { code: "NoTargets", message: expect.stringContaining("off: it is disabled") },
    });
  });
});

describe("reserved words", () => {
  const script = { ...SCRIPT, words: ["HOME_DIR", "NODE_ID"] };

  function withGroups(values: Record<string, string>): TestOperations {
    const operations = withNodes("a");
    for (const [id, value] of Object.entries(values)) {
      operations.must("manager", { request: "createNodeGroup", id, description: "" });
      operations.must("manager", { request: "addGroupNode", nodeGroup: id, node: "a" });
      const attribute = { key: "HOME_DIR", value };
      operations.must("manager", { request: "setAttribute", nodeGroup: id, ...attribute });
    }
    operations.definition("t", ["a"], { script });
    return operations;
  }

  test("have the values of the node's groups, which may say the same twice", () => {
    const operations = withGroups({ g1: "/home/x", g2: "/home/x" });
    expect(operations.run("owner", "t")).toMatchObject({ ok: true });
    expect(operations.runs[0]?.targets[0]?.attributes).toEqual({ HOME_DIR: "/home/x" });
  });

  test("that nobody defines, or two groups differently, are reported before anything runs", () => {
    expect(withGroups({}).run("owner", "t")).toMatchObject({
      error: {
        code: "UnknownReservedWord",
        message: expect.stringContaining("a: The script names HOME_DIR"),
      },
    });
    const operations = withGroups({ g1: "/x", g2: "/y" });
    expect(operations.run("owner", "t")).toMatchObject({
      error: { message: expect.stringContaining("g1 and g2 define differently") },
    });
    expect(operations.runs).toEqual([]);
  });
});

describe("who may run", () => {
  test("owner, runners and members of their groups; an administrator only as one of them", () => {
    const operations = withNodes("a");
    operations.definition("t", ["a"]);
    expect(operations.run("operator", "t")).toMatchObject({ ok: false });
    operations.must("operator", { request: "createUserGroup", id: "crew", description: "" });
    operations.must("operator", { request: "addGroupUser", userGroup: "crew", user: "operator" });
    operations.must("owner", {
      request: "addRunners",
      definition: "t",
      runners: { users: ["other", "guest"], userGroups: ["crew"], definitions: [] },
    });
    expect(operations.run("operator", "t")).toMatchObject({ ok: false });
    operations.approve("t");
    expect(operations.run("operator", "t")).toMatchObject({ ok: true });
    expect(operations.run("other", "t")).toMatchObject({ ok: true });
    for (const id of ["guest", "admin"]) {
      expect(operations.run(id, "t")).toMatchObject({ error: { code: "InsufficientPermissions" } });
    }
  });

  test("nobody what was not approved, or not in this way", () => {
    const operations = withNodes("a");
    const content = { script: SCRIPT, osUser: null };
    operations.must("owner", { request: "createDefinition", id: "t", description: "", content });
    expect(operations.run("owner", "t")).toMatchObject({ error: { code: "NotApproved" } });
    operations.definition("s", ["a"], { byOnDemand: false });
    expect(operations.run("owner", "s")).toMatchObject({ error: { code: "RunModeDisabled" } });
  });

  test("the approved revision goes on running while the working copy is another", () => {
    const operations = withNodes("a");
    operations.definition("t", ["a"]);
    operations.must("owner", {
      request: "editDefinition",
      definition: "t",
      content: { script: { ...SCRIPT, sha256: "1".repeat(64) } },
    });
    operations.run("owner", "t");
    expect(operations.runs[0]?.run).toMatchObject({ revision: 1, script: SCRIPT });
  });

  test("changed groups need another approval where the task asks for it", () => {
    const operations = withNodes("a", "b");
    operations.must("manager", { request: "createNodeGroup", id: "g", description: "" });
    operations.must("manager", { request: "addGroupNode", nodeGroup: "g", node: "a" });
    operations.definition("t", ["b"], { asksAgain: true });
    const targets = { nodes: [], nodeGroups: ["g"] };
    operations.must("owner", { request: "addTargets", definition: "t", targets });
    operations.approve("t");
    expect(operations.run("owner", "t")).toMatchObject({ ok: true });
    operations.must("manager", { request: "setAttribute", nodeGroup: "g", key: "K", value: "v" });
    expect(operations.run("owner", "t")).toMatchObject({ error: { code: "ApprovalNeededAgain" } });
    operations.approve("t");
    expect(operations.run("owner", "t")).toMatchObject({ ok: true });
  });
});

describe("an instance", () => {
  test("has no end until all targets have ended, and has failed if one did", () => {
    const operations = withNodes("a", "b");
    operations.definition("t", ["a", "b"]);
    operations.run("owner", "t");
    expect(operations.fleet.instances.get(1)).toMatchObject({ endedAt: null, result: null });
    operations.end(1, 1);
    const ended = operations.fleet.changedInstances.get(1);
    expect(ended).toMatchObject({ endedAt: operations.fleet.now, result: "fail" });
    expect(ended?.runnerText).toBe("owner(user)");
  });

  test("is open again while a node is rerun, and is refused one when another revision runs", () => {
    const operations = withNodes("a", "b");
    operations.definition("t", ["a", "b"]);
    operations.run("owner", "t");
    operations.end(1, 1);
    const rerun = { request: "rerunNodes", instance: 1, nodes: ["b"] } as const;
    expect(operations.code("operator", rerun)).toBe("InsufficientPermissions");
    expect(operations.code("owner", rerun)).toBe("done");
    expect(operations.reruns).toEqual([{ job: 1, nodes: [2] }]);
    expect(operations.fleet.instances.get(1)).toMatchObject({ endedAt: null, result: null });
    operations.end(1);
    expect(operations.fleet.changedInstances.get(1)?.result).toBe("success");
    operations.refusesReruns = true;
    expect(operations.code("owner", rerun)).toBe("TargetNotEnded");
    operations.refusesReruns = false;
    operations.must("owner", {
      request: "editDefinition",
      definition: "t",
      content: { osUser: "oracle" },
    });
    expect(operations.code("owner", rerun)).toBe("done");
    operations.approve("t");
    expect(operations.code("owner", rerun)).toBe("RevisionChanged");
  });

  test("is rerun on no disabled node", () => {
    const operations = withNodes("a");
    operations.definition("t", ["a"]);
    operations.run("owner", "t");
    operations.end(1, 1);
    operations.must("admin", { request: "editNode", node: "a", status: "disable" });
    const rerun = { request: "rerunNodes", instance: 1, nodes: ["a"] } as const;
    expect(operations.ask("owner", rerun)).toMatchObject({
      error: { message: "Node a is disabled." },
    });
  });

  test("is stopped as a whole or on one node, with the reason", () => {
    const operations = withNodes("a", "b");
    operations.definition("t", ["a", "b"]);
    operations.run("owner", "t");
    const stop = (node: string | null) =>
      ({ request: "stopInstance", instance: 1, node, reason: "wrong" }) as const;
    expect(operations.code("operator", stop(null))).toBe("InsufficientPermissions");
    expect(operations.code("owner", stop("b"))).toBe("done");
    expect(operations.code("admin", stop(null))).toBe("done");
    expect(operations.stops).toEqual([
      { job: 1, node: 2, reason: "wrong" },
      { job: 1, node: null, reason: "wrong" },
    ]);
    operations.end(1, 2);
    expect(operations.fleet.changedInstances.get(1)?.stopReason).toBe("wrong");
    expect(operations.code("owner", stop(null))).toBe("InstanceEnded");
    expect(operations.code("owner", { ...stop(null), instance: 9 })).toBe("InstanceNotFound");
  });
});

describe("a next task", () => {
  function chained(): TestOperations {
    const operations = withNodes("a", "b");
    operations.definition("second", ["b"]);
    operations.definition("first", ["a", "b"], { nextTask: "second" });
    operations.must("owner", {
      request: "addRunners",
      definition: "second",
      runners: { users: [], userGroups: [], definitions: ["first"] },
    });
    operations.approve("second");
    operations.run("owner", "first");
    return operations;
  }

  test("begins once, after all targets succeeded", () => {
    const operations = chained();
    operations.end(1);
    expect(operations.fleet.changedInstances.get(1)?.nextRefusal).toBe(null);
    expect(operations.runs).toHaveLength(2);
    expect(operations.fleet.changedInstances.get(1)?.nextInstance).toBe(2);
    expect(operations.fleet.instances.get(2)?.runnerText).toBe("first(task)");
    operations.must("owner", { request: "rerunNodes", instance: 1, nodes: ["a"] });
    operations.end(1);
    expect(operations.runs).toHaveLength(2);
  });

  test("begins when a rerun has mended the last failure", () => {
    const operations = chained();
    operations.end(1, 1);
    expect(operations.runs).toHaveLength(1);
    operations.must("owner", { request: "rerunNodes", instance: 1, nodes: ["a"] });
    operations.end(1);
    expect(operations.runs).toHaveLength(2);
  });

  test("has to name its caller, and says so when it does not", () => {
    const operations = withNodes("a");
    operations.definition("second", ["a"]);
    operations.definition("first", ["a"], { nextTask: "second" });
    operations.run("owner", "first");
    operations.end(1);
    const reason = expect.stringContaining("first is no runner of task second");
    expect(operations.fleet.changedInstances.get(1)).toMatchObject({ nextRefusal: reason });
    expect(operations.takeTold("NextTaskSkipEvent")).toMatchObject([
      { taskInstanceNo: 1, taskId: "first", nextTaskId: "second", reason },
    ]);
    expect(operations.runs).toHaveLength(1);
  });

  test("may not lead back to itself", () => {
    const operations = withNodes("a");
    operations.definition("one", ["a"]);
    operations.definition("two", ["a"], { nextTask: "one" });
    expect(
      operations.ask("owner", {
        request: "editDefinition",
        definition: "one",
        content: { nextTask: "two" },
      }),
    ).toMatchObject({
      error: { code: "NextTaskLoop", message: expect.stringContaining("one -> two -> one") },
    });
  });
});

describe("a schedule", () => {
  function scheduled(cron: string): TestOperations {
    const operations = withNodes("a");
    operations.definition("t", ["a"], { byScheduler: true });
    operations.must("owner", {
      request: "addSchedule",
      definition: "t",
      schedule: { id: "s", when: { form: "cron", cron }, timeZone: "UTC", status: "enable" },
    });
    operations.pass(3_600_000);
    expect(operations.takeTold("ScheduleSkipEvent")).toEqual([]);
    operations.approve("t");
    return operations;
  }

  test("of the running revision starts each of its times once", () => {
    const operations = scheduled("0 * * * *");
    expect(operations.runs).toEqual([]);
    for (let minute = 0; minute < 125; minute += 1) {
      operations.pass(60_000);
      if (operations.fleet.instances.size > 0) operations.end(operations.runs.length);
    }
    expect(operations.runs).toHaveLength(2);
    expect(operations.fleet.changedInstances.get(1)).toMatchObject({
      runnerText: "s(scheduler)",
      runner: { dueAt: Date.parse("2026-11-21T02:00:00Z") },
    });
  });

  test("skips what nobody was there to start, and what runs into itself, and says so", () => {
    const operations = scheduled("0 * * * *");
    operations.pass(10 * 3_600_000 + 1_800_000);
    expect(operations.takeTold("ScheduleSkipEvent")).toEqual([
      {
        taskId: "t",
        scheduleId: "s",
        dueTime: "2026-11-21T02:00:00.000Z",
        reason: "Nothing looked at the clock then",
      },
    ]);
    expect(operations.runs).toEqual([]);
    operations.pass(1_800_000);
    expect(operations.runs).toHaveLength(1);
    operations.pass(3_600_000);
    expect(operations.takeTold("ScheduleSkipEvent")).toMatchObject([
      { reason: expect.stringContaining("Task instance #1") },
    ]);
    expect(operations.runs).toHaveLength(1);
  });

  test("that is switched off starts nothing", () => {
    const operations = scheduled("0 * * * *");
    const patch = { status: "disable" } as const;
    operations.must("owner", { request: "editSchedule", definition: "t", schedule: "S", patch });
    operations.approve("t");
    for (let minute = 0; minute < 125; minute += 1) operations.pass(60_000);
    expect(operations.runs).toEqual([]);
  });
});
