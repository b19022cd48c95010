import { describe, expect, test } from "bun:test";
import type { RollingPolicy } from "../model/fleet/rolling.ts";
import { ONE_BY_ONE, TestRollingRun } from "../sim/testRolling.ts";

const nodes = (size: number) => ({ unit: "nodes", size }) as const;
const percent = (size: number) => ({ unit: "percent", size }) as const;

function policy(changes: Partial<RollingPolicy> = {}): RollingPolicy {
  return { ...ONE_BY_ONE, ...changes };
}

function stopAfter(perBatch: number | null, inTotal: number | null = null) {
  const of = (size: number | null) => (size === null ? null : nodes(size));
  return { stopAfterFailures: { perBatch: of(perBatch), inTotal: of(inTotal) } };
}

describe("batches", () => {
  test("one follows the other, by node id, when all of it has ended", () => {
    const run = new TestRollingRun(5, policy({ batch: percent(40) }));
    expect([...run.open.keys()]).toEqual(["host.n01", "host.n02"]);
    expect(run.ends("n02")).toEqual([]);
    expect(run.ends("n01", 3)).toEqual(["n03", "n04"]);
    expect(run.target("n05")).toBe("active - 1");
    run.ends("n03");
    expect(run.ends("n04")).toEqual(["n05"]);
    run.ends("n05");
    expect(run.instance(1)).toMatchObject({
      result: "fail",
      rolling: { batch: 3, openNodes: 0, heldNodes: 0, failedInTotal: 1 },
    });
  });

  test("the canary goes first, and its first failure stops the run at once", () => {
    const run = new TestRollingRun(6, policy({ batch: nodes(4), canary: nodes(2) }));
    expect(run.open.size).toBe(2);
    run.ends("n02", 1);
    expect(run.rolling.state).toEqual({ state: "stopped", reason: "A node of the canary failed" });
    expect(run.ends("n01")).toEqual([]);
    expect(run.resume()).toEqual({ ok: true, instance: 1 });
    expect(run.take()).toEqual(["n03", "n04", "n05", "n06"]);
  });

  test("a pause is over by itself, also when the server was started again meanwhile", () => {
    const run = new TestRollingRun(2, policy({ pauseMs: 60_000 }));
    run.ends("n01");
    const until = run.now + 60_000;
    expect(run.rolling.state).toEqual({ state: "paused", until });
    expect([...run.core.machine.fleet.pauses]).toEqual([[1, until]]);
    run.restart();
    run.connect("n01");
    run.connect("n02");
    expect(run.take()).toEqual([]);
    run.pass(60_000);
    expect(run.take()).toEqual(["n02"]);
    run.ends("n02");
    expect(run.instance(1)?.result).toBe("success");
  });

  test("a pause without an end waits for a person, and a pause with one can be cut short", () => {
    for (const pauseMs of [null, 60_000]) {
      const run = new TestRollingRun(2, policy({ pauseMs }));
      expect(run.resume()).toMatchObject({ error: { code: "InstanceRolling" } });
      run.ends("n01");
      if (pauseMs === null) run.pass(86_400_000);
      run.connect("n02");
      expect(run.take()).toEqual([]);
      run.resume();
      expect(run.take()).toEqual(["n02"]);
    }
  });

  test("the time to begin counts from when a node's batch starts", () => {
    const run = new TestRollingRun(2, policy({ pauseMs: 60_000 }), { startWithinMs: 90_000 });
    run.ends("n01");
    run.disconnect("n02");
    run.pass(60_000);
    run.pass(80_000);
    run.connect("n02");
    expect(run.take()).toEqual(["n02"]);
    expect(run.open.get("host.n02")?.startBefore).toBe(
      run.rolling.openNodes * 90_000 + run.now - 80_002,
    );
  });

  test("a node that is disabled when its batch starts has failed in it, before any other starts", () => {
    const run = new TestRollingRun(4, policy({ batch: nodes(2), ...stopAfter(1) }));
    run.must("owner", { request: "editNode", node: "host.n03", status: "disable" });
    expect(run.target("n03")).toBe("active - 1");
    run.ends("n01");
    expect(run.ends("n02")).toEqual([]);
    expect(run.target("n03")).toBe("completed failure 1");
    expect(run.target("n04")).toBe("active - 1");
    expect(run.rolling).toMatchObject({ openNodes: 0, heldNodes: 1, state: { state: "stopped" } });
  });
});

describe("the threshold", () => {
  test("is exact: what runs ends, and no node starts after the n-th failure", () => {
    const run = new TestRollingRun(8, policy({ batch: nodes(4), ...stopAfter(2) }));
    run.disconnect("n06");
    for (const name of ["n01", "n02", "n03"]) expect(run.ends(name)).toEqual([]);
    expect(run.ends("n04", 1)).toEqual(["n05", "n07", "n08"]);
    run.ends("n05", 1);
    expect(run.rolling.state.state).toBe("running");
    run.ends("n07", 1);
    expect(run.rolling).toMatchObject({
      openNodes: 1,
      heldNodes: 1,
      failedInBatch: 2,
      failedInTotal: 3,
      state: { reason: "2 of the 4 nodes of batch 2 failed, which stops the run" },
    });
    run.connect("n06");
    expect(run.take()).toEqual([]);
    run.ends("n08", 1);
    expect(run.target("n06")).toBe("active - 1");
    expect(run.instance(1)).toMatchObject({ endedAt: null, result: null });
    run.resume();
    expect(run.take()).toEqual(["n06"]);
    expect(run.rolling).toMatchObject({ failedInBatch: 0, failedInTotal: 0 });
    run.ends("n06");
    expect(run.target("n06")).toBe("completed success 1");
    expect(run.instance(1)?.result).toBe("fail");
  });

  test("holds when a node is given up in the very step in which another one comes back", () => {
    const begun = () => {
      const run = new TestRollingRun(3, policy({ batch: nodes(3), ...stopAfter(1) }));
      run.ends("n03");
      run.disconnect("n01");
      return run;
    };
    const probe = begun();
    let steps = 0;
    for (; probe.target("n01") === "running - 1"; steps += 1) probe.pass(1_000);
    expect(probe.target("n01")).toBe("completed failure 1");

    const run = new TestRollingRun(
      4,
      policy({ batch: nodes(2), canary: nodes(2), ...stopAfter(1) }),
    );
    run.ends("n01");
    run.disconnect("n04");
    run.ends("n02");
    expect(run.take()).toEqual([]);
    run.disconnect("n03");
    for (let step = 1; step < steps; step += 1) run.pass(1_000);
    expect(run.target("n03")).toBe("running - 1");
    run.now += 999;
    run.connect("n04");
    expect(run.target("n03")).toBe("completed failure 1");
    expect(run.take()).toEqual([]);
    expect(run.target("n04")).toBe("active - 1");
  });

  test("in total counts over all batches, and a share of the targets", () => {
    const inTotal = percent(30);
    const run = new TestRollingRun(5, policy({ stopAfterFailures: { perBatch: null, inTotal } }));
    run.ends("n01", 1);
    run.ends("n02");
    run.ends("n03", 1);
    expect(run.rolling.state).toEqual({
      state: "stopped",
      reason: "2 of 5 nodes failed, which stops the run",
    });
    expect(run.store.events.filter(({ type }) => type === "RollingRunEvent")).toMatchObject([
      { body: { step: "batch", batch: 1, heldNodes: 4 } },
      { body: { step: "batch", batch: 2 } },
      { body: { step: "batch", batch: 3 } },
      { body: { step: "stopped", batch: 3, failedInTotal: 2 } },
    ]);
  });

  test("reached by the last nodes stops nothing, as nothing is left", () => {
    const run = new TestRollingRun(2, policy({ batch: nodes(2), ...stopAfter(1) }));
    run.ends("n01", 1);
    expect(run.rolling.state.state).toBe("running");
    run.ends("n02");
    expect(run.instance(1)?.result).toBe("fail");
  });
});

describe("people", () => {
  test("a stopped run is resumed while nodes of it still run, and no more run than a batch has", () => {
    const run = new TestRollingRun(6, policy({ batch: nodes(3), ...stopAfter(1) }));
    run.ends("n01", 1);
    run.resume();
    expect(run.take()).toEqual(["n04"]);
    run.ends("n02");
    run.ends("n03");
    expect(run.ends("n04")).toEqual(["n05", "n06"]);
  });

  test("failed nodes are run again while it is stopped, as a check, and are not counted", () => {
    const run = new TestRollingRun(4, policy({ batch: nodes(2), ...stopAfter(1) }));
    run.ends("n01", 1);
    expect(run.rerun("n01")).toMatchObject({ error: { code: "InstanceRolling" } });
    run.ends("n02", 1);
    expect(run.rerun("n01")).toEqual({ ok: true, instance: 1 });
    expect(run.take()).toEqual(["n01"]);
    run.restart();
    for (const name of ["n01", "n02", "n03", "n04"]) run.connect(name);
    expect(run.take()).toEqual(["n01"]);
    expect(run.ends("n01", 1)).toEqual([]);
    expect(run.rolling).toMatchObject({ failedInTotal: 1, state: { state: "stopped" } });
    run.rerun("n02");
    run.take();
    expect(run.ends("n02")).toEqual([]);
    run.resume();
    expect(run.take()).toEqual(["n03", "n04"]);
  });

  test("a pause that ends while a node is run again waits for that node", () => {
    const run = new TestRollingRun(2, policy({ pauseMs: 60_000 }));
    run.ends("n01", 1);
    run.rerun("n01");
    run.take();
    run.pass(60_000);
    expect(run.take()).toEqual([]);
    expect(run.ends("n01")).toEqual(["n02"]);
  });

  test("nodes of a run that is over roll again, each under its next number", () => {
    const run = new TestRollingRun(4, policy({ batch: nodes(2), ...stopAfter(null, 3) }));
    for (const name of ["n01", "n02", "n03", "n04"]) run.ends(name, name === "n04" ? 0 : 1);
    expect(run.instance(1)?.result).toBe("fail");
    run.rerun("n03", "n01", "n02");
    expect(run.take()).toEqual(["n01", "n02"]);
    run.ends("n01");
    expect(run.ends("n02")).toEqual(["n03"]);
    run.ends("n03");
    expect(run.instance(1)?.result).toBe("success");
    expect(run.target("n03")).toBe("completed success 2");
  });

  test("a stop ends nodes that were never started, with the reason; so does the end of its time", () => {
    const stopped = new TestRollingRun(3, policy());
    const stop = { request: "stopInstance", instance: 1, reason: "wrong" } as const;
    stopped.must("owner", { ...stop, node: "host.n02" });
    expect(stopped.rolling).toMatchObject({ heldNodes: 1, failedInTotal: 0 });
    stopped.must("owner", { ...stop, node: null });
    expect(stopped.resume()).toMatchObject({ error: { code: "InstanceEnded" } });
    stopped.ends("n01", 143);
    expect(stopped.instance(1)).toMatchObject({ result: "fail", stopReason: "wrong" });
    expect(stopped.target("n03")).toBe("completed failure 1");

    const late = new TestRollingRun(2, policy({ pauseMs: null }), { runTimeoutMs: 60_000 });
    late.ends("n01");
    late.pass(60_000);
    expect(late.instance(1)?.result).toBe("fail");
    expect(late.targets()[1]?.progress.outcome?.failure?.message).toBe(
      "The time of the run was over before the script was sent to the node.",
    );
    // It has its whole time again, also after a restart.
    late.rerun("n02");
    late.restart();
    late.connect("n02");
    expect(late.take()).toEqual(["n02"]);
    late.ends("n02");
    expect(late.instance(1)?.result).toBe("success");
  });

  test("only who may run it resumes it, only what is approved, and only what rolls", () => {
    const run = new TestRollingRun(2, policy({ pauseMs: null }));
    run.ends("n01");
    const resume = { request: "resumeInstance", instance: 1 } as const;
    expect(run.as("admin", resume)).toMatchObject({ error: { code: "InsufficientPermissions" } });
    expect(run.as("owner", { ...resume, instance: 9 })).toMatchObject({
      error: { code: "InstanceNotFound" },
    });
    run.must("owner", { request: "editDefinition", definition: "roll", content: { osUser: "x" } });
    run.approve("roll");
    expect(run.resume()).toMatchObject({ error: { code: "RevisionChanged" } });
    const once = { definition: "roll", nodes: ["host.n01"], arguments: [] };
    run.must("owner", { request: "runDefinition", ...once });
    expect(run.as("owner", { ...resume, instance: 2 })).toMatchObject({
      error: { code: "InstanceNotRolling" },
    });
    expect(run.rolling.state).toEqual({ state: "paused", until: null });
  });
});
