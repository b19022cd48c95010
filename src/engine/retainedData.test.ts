import { expect, test } from "bun:test";
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
