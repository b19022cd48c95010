import { describe, expect, test } from "bun:test";
import type { JobSpec } from "../../model/job.ts";
import type { Reply } from "../input.ts";
import { editNode } from "../nodeEdit.ts";
import { type EngineSettings, mustHave } from "../state.ts";
import { JOB, TestFleet } from "../testFleet.ts";
import { stopRun } from "./stopRun.ts";

const START_WITHIN_MS = 60_000;

class RunFleet extends TestFleet {
  constructor(settings: Partial<EngineSettings> = {}) {
    super(settings);
    this.pool({ accepts: ["fleet"] });
  }

  host(id: string): void {
    this.node(id);
    this.setStatus(id, "enable");
  }

  setStatus(id: string, fleetStatus: "enable" | "disable"): void {
    const number = this.engine.nodesById.get(id) ?? 0;
    editNode(this.engine, number, { fleetStatus, updatedBy: 1 });
    this.sendTogether();
  }

  run(nodes: readonly string[], id = "job", spec: Partial<JobSpec> = {}): Reply {
    const targets = nodes.map((node) => ({
      id: node,
      spec: {
        commandLine: "",
        target: {
          node: this.engine.nodesById.get(node) ?? 999,
          nodeId: node,
          attributes: { A: node },
        },
      },
    }));
    return this.send({
      kind: "startRun",
      spec: {
        ...JOB,
        id,
        type: "fleet",
        onAllTasksComplete: "terminatejob",
        run: {
          instanceNo: 71,
          definitionId: "diskusage",
          revision: 1,
          script: { name: "diskusage.sh", sha256: "0".repeat(64), sizeBytes: 10, words: ["A"] },
          arguments: ["; rm", "$(x)"],
          osUser: null,
          startWithinMs: START_WITHIN_MS,
          nodeTimeoutMs: 5_000,
        },
        ...spec,
      },
      targets,
    });
  }

  stop(target: string | null): Reply {
    const number = this.engine.jobsById.get("job") ?? 0;
    const job = mustHave(this.engine.jobs, number, "job");
    const stored = this.store.tasks.get(number);
    const task = this.store.task(stored?.byId.get(target ?? "") ?? 0);
    const loaded = new Map(task === undefined ? [] : [[task.id, task]]);
    const reply = stopRun(this.engine, job, target, "wrong script", loaded);
    this.sendTogether();
    return reply;
  }

  rerun(...targets: string[]): Reply {
    return this.send({ kind: "rerunTargets", job: "job", targets });
  }
}

describe("a fleet run", () => {
  test("goes to each of its nodes, with its words and a bound for its start", () => {
    const fleet = new RunFleet();
    fleet.host("n1");
    fleet.host("n2");
    fleet.run(["n1", "n2"]);
    const orders = fleet.starts();
    expect(orders.map(({ nodeId }) => nodeId)).toEqual(["n1", "n2"]);
    expect(orders[0]).toMatchObject({
      members: [{ name: "main", command: { commandLine: "", maxWallClockMs: 5_000 } }],
      startBefore: fleet.engine.now + START_WITHIN_MS,
      script: { instanceNo: 71, arguments: ["; rm", "$(x)"], attributes: { A: "n1" } },
    });
    for (const order of orders) fleet.end(order, order.nodeId === "n1" ? 0 : 3);
    expect(fleet.state("n1")).toBe("completed success");
    expect(fleet.state("n2")).toBe("completed failure FailureExitCode");
    expect(fleet.jobState()).toBe("completed");
  });

  test("takes no slots, and no more than the node's limit at once, in the order of the runs", () => {
    const fleet = new RunFleet({ fleetLimitPerNode: 2 });
    fleet.host("n1");
    for (const id of ["a", "b", "c"]) fleet.run(["n1"], id);
    const [first, second, ...others] = fleet.starts();
    expect([first?.jobId, second?.jobId, others.length]).toEqual(["a", "b", 0]);
    expect(fleet.engine.nodes.get(1)?.usedSlots).toBe(0);
    if (first !== undefined) fleet.end(first);
    expect(fleet.start().jobId).toBe("c");
  });

  test("ends at once on nodes that are gone or disabled, so that every target is in a state", () => {
    const fleet = new RunFleet();
    fleet.node("off");
    fleet.run(["off", "gone"]);
    expect(fleet.starts()).toEqual([]);
    expect(fleet.state("off")).toBe("completed failure NodeDisabled");
    expect(fleet.state("gone")).toBe("completed failure NodeRemoved");
    expect(fleet.jobState()).toBe("completed");
  });

  test("waits for an absent node until its bound, and sends it nothing afterwards", () => {
    const fleet = new RunFleet();
    for (const id of ["back", "away"]) fleet.host(id);
    fleet.disconnect("back");
    fleet.disconnect("away");
    fleet.run(["back", "away"]);
    expect(fleet.starts()).toEqual([]);
    fleet.pass(START_WITHIN_MS - 1_000);
    fleet.connect("back");
    fleet.end(fleet.start());
    fleet.pass(2_000);
    expect(fleet.state("back")).toBe("completed success");
    expect(fleet.state("away")).toBe("completed failure NodeDidNotAnswer");
    fleet.connect("away");
    expect(fleet.starts()).toEqual([]);
  });

  test("does not run again when its node is lost, reboots or forgets it", () => {
    const fleet = new RunFleet();
    for (const id of ["lost", "rebooted", "forgets"]) fleet.host(id);
    fleet.run(["lost", "rebooted", "forgets"]);
    for (const order of fleet.starts()) {
      fleet.report(order.nodeId, { kind: "accepted", execution: order.execution });
    }
    fleet.connect("rebooted", [], "boot-2");
    fleet.connect("forgets", []);
    fleet.disconnect("lost");
    fleet.pass(200_000, ["lost"]);
    for (const id of ["lost", "rebooted", "forgets"]) {
      expect(fleet.state(id)).toBe("completed failure NodeLost");
    }
    fleet.connect("lost");
    expect(fleet.starts()).toEqual([]);
  });

  test("is sent again only while the node never said that it has it", () => {
    const fleet = new RunFleet();
    fleet.host("n1");
    fleet.run(["n1"]);
    const first = fleet.start();
    fleet.connect("n1", []);
    expect(fleet.start()).toEqual(first);
  });

  test("that is stopped ends what waits and stops what runs", () => {
    const fleet = new RunFleet();
    fleet.host("runs");
    fleet.host("waits");
    fleet.disconnect("waits");
    fleet.run(["runs", "waits"]);
    const order = fleet.start();
    expect(fleet.stop(null)).toEqual({ ok: true });
    expect(fleet.state("waits")).toBe("completed failure TaskEnded");
    expect(fleet.kinds()).toContain("stop");
    fleet.end(order, { state: "killed", signal: 15, reason: "stopped" });
    expect(fleet.state("runs")).toBe("completed failure TaskEnded");
    expect(fleet.jobState()).toBe("completed");
  });

  test("one node of it can be stopped", () => {
    const fleet = new RunFleet();
    fleet.host("n1");
    fleet.host("n2");
    fleet.disconnect("n2");
    fleet.run(["n1", "n2"]);
    expect(fleet.stop("n2")).toEqual({ ok: true });
    expect(fleet.state("n2")).toBe("completed failure TaskEnded");
    expect(fleet.state("n1")).toBe("running");
  });

  test("sends nothing more to a node that is disabled meanwhile", () => {
    const fleet = new RunFleet({ fleetLimitPerNode: 1 });
    fleet.host("n1");
    fleet.run(["n1"], "first");
    fleet.run(["n1"], "second");
    fleet.setStatus("n1", "disable");
    expect(fleet.state("n1", "second")).toBe("completed failure NodeDisabled");
    fleet.end(fleet.start());
    expect(fleet.state("n1", "first")).toBe("completed success");
  });

  test("cannot be changed by what other jobs can", () => {
    const fleet = new RunFleet();
    fleet.host("n1");
    fleet.run(["n1"]);
    const inputs = [
      { kind: "disableJob", job: "job", disableTasks: "requeue" },
      { kind: "addTasks", job: "job", tasks: [{ id: "x", spec: { commandLine: "x" } }] },
      { kind: "updateJob", job: "job", patch: { priority: 1 } },
      { kind: "terminateJob", job: "job", reason: "UserTerminate" },
      { kind: "deleteJob", job: "job" },
      { kind: "terminateTask", job: "job", task: "n1" },
      { kind: "deleteTask", job: "job", task: "n1" },
      { kind: "reactivateTask", job: "job", task: "n1" },
    ] as const;
    for (const input of inputs) {
      expect(fleet.send(input)).toMatchObject({ error: { code: "OperationNotValidOnJob" } });
    }
  });
});

describe("a rerun", () => {
  test("has the next number on its node, and opens the run again", () => {
    const fleet = new RunFleet();
    fleet.host("n1");
    fleet.host("n2");
    fleet.run(["n1", "n2"]);
    for (const order of fleet.starts()) fleet.end(order, order.nodeId === "n1" ? 3 : 0);
    expect(fleet.jobState()).toBe("completed");
    fleet.pass(3_000_000);
    expect(fleet.rerun("n1")).toEqual({ ok: true });
    expect(fleet.jobState()).toBe("active");
    const order = fleet.start();
    expect(order).toMatchObject({
      nodeId: "n1",
      ordinal: 2,
      startBefore: fleet.engine.now + START_WITHIN_MS,
    });
    fleet.end(order);
    expect(fleet.state("n1")).toBe("completed success");
    expect(fleet.jobState()).toBe("completed");
  });

  test("counts also where the script was never sent before", () => {
    const fleet = new RunFleet();
    fleet.host("n1");
    fleet.disconnect("n1");
    fleet.run(["n1"]);
    fleet.pass(START_WITHIN_MS + 1_000);
    expect(fleet.state("n1")).toBe("completed failure NodeDidNotAnswer");
    fleet.connect("n1");
    fleet.rerun("n1");
    expect(fleet.start().ordinal).toBe(2);
  });

  test("of several targets is all or nothing", () => {
    const fleet = new RunFleet();
    fleet.host("n1");
    fleet.host("n2");
    fleet.run(["n1", "n2"]);
    const [first] = fleet.starts();
    if (first !== undefined) fleet.end(first, 1);
    expect(fleet.rerun("n1", "n2")).toMatchObject({ error: { code: "TaskNotCompleted" } });
    expect(fleet.rerun("n1", "n3")).toMatchObject({ error: { code: "TaskNotFound" } });
    expect(fleet.starts()).toEqual([]);
    expect(fleet.state("n1")).toBe("completed failure FailureExitCode");
  });
});

test("a restored run waits as before, for the nodes it had", () => {
  const fleet = new RunFleet({ fleetLimitPerNode: 1 });
  for (const id of ["n1", "n2"]) fleet.host(id);
  fleet.disconnect("n2");
  fleet.run(["n1", "n2"], "a");
  fleet.run(["n1"], "b");
  const first = fleet.start();
  fleet.restart();
  fleet.connect("n1", [{ execution: first.execution, state: "running", startedAt: 1_000 }]);
  expect(fleet.starts()).toEqual([]);
  fleet.end(first);
  const second = fleet.start();
  expect([second.jobId, second.nodeId]).toEqual(["b", "n1"]);
  fleet.pass(START_WITHIN_MS + 1_000);
  expect(fleet.state("n2", "a")).toBe("completed failure NodeDidNotAnswer");
});
