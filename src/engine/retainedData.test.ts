import { expect, test } from "bun:test";
import { explainTask } from "./explain.ts";
import { admitJob } from "./jobs.ts";
import { mustHave } from "./state.ts";
import { JOB, POOL, TestFleet } from "./testFleet.ts";

const DAY_MS = 24 * 60 * 60_000;

/** A node on which a task of each job has ended, with the default retention of seven days. */
function retaining(jobs: readonly string[] = ["job"]): TestFleet {
  const fleet = new TestFleet();
  fleet.pool();
  fleet.node("n1");
  for (const id of jobs) {
    fleet.job({ ...JOB, id });
    fleet.add(["a"], {}, id);
    fleet.end(fleet.start());
  }
  fleet.kinds();
  return fleet;
}

function rebootNode(fleet: TestFleet, option: "retaineddata" | "requeue" = "retaineddata") {
  return fleet.send({ kind: "rebootNode", node: "n1", option });
}

test("a reboot that waits for retained files goes on when the only job there is deleted", () => {
  const fleet = retaining();
  rebootNode(fleet);
  expect(fleet.kinds()).toEqual([]);
  fleet.send({ kind: "deleteJob", job: "job" });
  expect(fleet.kinds()).toEqual(["remove", "rebootNode"]);
});

test("a removal that waits for retained files does so too, also over a restart of the server", () => {
  const fleet = retaining();
  const nodes = ["n1"];
  const option = "retaineddata";
  fleet.send({ kind: "removeNodes", pool: POOL.id, nodes, option, timeoutMs: DAY_MS });
  fleet.restart();
  fleet.connect("n1");
  expect(fleet.kinds()).not.toContain("removeNode");
  fleet.send({ kind: "deleteJob", job: "job" });
  expect(fleet.kinds()).toContain("removeNode");
});

test("files of another job there are still waited for", () => {
  const fleet = retaining(["job", "other"]);
  rebootNode(fleet);
  fleet.send({ kind: "deleteJob", job: "job" });
  expect(fleet.kinds()).toEqual(["remove"]);
  expect(mustHave(fleet.engine.nodes, 1, "node").progress.retainedUntil).toBeGreaterThan(fleet.now);
  fleet.send({ kind: "deleteJob", job: "other" });
  expect(fleet.kinds()).toEqual(["remove", "rebootNode"]);
});

test("a reboot that still waits takes a stronger option, and no other", () => {
  const fleet = retaining();
  fleet.add(["b"]);
  fleet.start();
  rebootNode(fleet);
  for (const option of ["retaineddata", "taskcompletion", "taskcompletion"] as const) {
    fleet.kinds();
    const reply = fleet.send({ kind: "rebootNode", node: "n1", option });
    expect(fleet.kinds()).toEqual([]);
    if (!reply.ok) expect(reply.error.code).toBe("NodeBeingRebooted");
  }
  expect(mustHave(fleet.engine.nodes, 1, "node").record.option).toBe("taskcompletion");
  expect(rebootNode(fleet, "requeue")).toEqual({ ok: true });
  expect(fleet.kinds()).toEqual(["stop"]);
  expect(rebootNode(fleet, "requeue")).toMatchObject({ error: { code: "NodeBeingRebooted" } });
});

test("a reboot that waits for files alone is done at once by a stronger option, and only once", () => {
  const fleet = retaining();
  rebootNode(fleet);
  fleet.restart();
  fleet.connect("n1");
  fleet.kinds();
  expect(rebootNode(fleet, "requeue")).toEqual({ ok: true });
  expect(fleet.kinds()).toEqual(["rebootNode"]);
  const reply = fleet.send({ kind: "rebootNode", node: "n1", option: "terminate" });
  expect(reply).toMatchObject({ error: { code: "NodeBeingRebooted" } });
});

test("the deletion of a job that was completed and not in memory ends the wait as well", () => {
  const fleet = retaining();
  fleet.send({ kind: "terminateJob", job: "job", reason: "UserTerminate" });
  expect(fleet.jobState()).toBe("completed");
  fleet.restart();
  fleet.connect("n1");
  rebootNode(fleet);
  const record = fleet.store.jobOfId("job");
  if (record === undefined || fleet.jobState() !== "gone")
    throw new Error("Expected a stored job.");
  const progress = fleet.store.progressOf(record.number);
  admitJob(fleet.engine, record, progress, [...fleet.store.nodeJobs.values()]);
  fleet.kinds();
  fleet.send({ kind: "deleteJob", job: "job" });
  expect(fleet.kinds()).toEqual(["remove", "rebootNode"]);
});

test("explain says what a node that is to be rebooted waits for", () => {
  const fleet = retaining();
  rebootNode(fleet);
  fleet.add(["b"]);
  const task = fleet.task("b");
  const job = fleet.engine.jobs.get(1) ?? null;
  const summary = task === null ? "" : explainTask(fleet.engine, job, task).summary;
  expect(summary).toBe(
    "Node n1 is not ready (rebooting, after the retention of its files at 1970-01-08T00:00:01.001Z).",
  );
});
