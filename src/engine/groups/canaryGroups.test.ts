import { expect, test } from "bun:test";
import type { GroupSpec } from "../../model/group.ts";
import { UPDATE_DEFAULT } from "../../model/groupDefaults.ts";
import type { UpdatePolicy } from "../../model/groupPolicy.ts";
import type { LiveTask } from "../state.ts";
import { newVersion } from "./testCanaries.ts";
import { GroupFleet, groupJob, SERVICE_GROUP } from "./testGroups.ts";

const MINUTE = 60_000;

/** A service of two groups of one allocation each, of which version 0 runs well and version 1 is on its way. */
class TwoGroups extends GroupFleet {
  constructor(updates: Readonly<Record<"web" | "db", Partial<UpdatePolicy>>>) {
    super();
    const version = (parts: Partial<GroupSpec>) => {
      const groups = Object.entries(updates).map(([name, update]) => {
        return { ...SERVICE_GROUP, name, update: { ...UPDATE_DEFAULT, ...update }, ...parts };
      });
      return groupJob({}, {}, { groups });
    };
    this.register(version({}));
    this.allHealthy();
    this.register(version(newVersion(200)));
    this.allHealthy();
  }

  /** What is to be replaced is, and everything that starts becomes healthy. */
  allHealthy(): void {
    this.stops();
    const orders = this.starts();
    for (const order of orders) this.healthy(order);
    if (orders.length > 0) this.allHealthy();
  }

  get deployment() {
    return this.engine.jobs.get(1)?.record.groups?.deployment;
  }

  get version() {
    return this.engine.jobs.get(1)?.record.groups?.version;
  }

  current(group: "web" | "db"): LiveTask {
    const found = [...this.engine.executions.values()].filter(({ task, execution }) => {
      return task.spec.place?.group === group && execution.allocation?.version === 1;
    });
    const [live] = found;
    if (live === undefined || found.length > 1) throw new Error(`${found.length} of ${group}`);
    return live;
  }

  promote(groups: readonly string[] | null = null) {
    return this.send({ kind: "promoteJob", job: "example", groups, user: "alice" });
  }

  progressBy(group: "web" | "db") {
    return this.deployment?.groups[group]?.progressBy;
  }
}

test("a group that is done has no deadline while another waits for its promotion", () => {
  const fleet = new TwoGroups({ web: {}, db: { canary: 1 } });
  expect(fleet.progressBy("web")).toBe(null);
  fleet.pass(30 * MINUTE);
  const { execution } = fleet.current("web");
  fleet.fails(fleet.orderOf(execution.number));
  expect(fleet.deployment?.status).toBe("running");
  expect(fleet.progressBy("web")).toBe(fleet.now + 10 * MINUTE);
  fleet.pass(MINUTE);
  const [next] = fleet.starts();
  if (next === undefined) throw new Error("it was not placed again");
  expect(next.allocation).toMatchObject({ name: "example.web[0]", version: 1 });
  fleet.healthy(next);
  expect(fleet.progressBy("web")).toBe(null);
  expect(fleet.promote()).toMatchObject({ ok: true });
  expect(fleet.deployment?.status).toBe("successful");
});

test("a group that was done and does not come up again in time fails the deployment", () => {
  const fleet = new TwoGroups({ web: {}, db: { canary: 1 } });
  fleet.pass(30 * MINUTE);
  const { execution } = fleet.current("web");
  fleet.fails(fleet.orderOf(execution.number));
  fleet.pass(11 * MINUTE);
  expect(fleet.deployment).toMatchObject({
    status: "failed",
    description: "Failed due to progress deadline",
  });
});

test("a drain of a group that is done takes nothing back while another waits", () => {
  const fleet = new TwoGroups({ web: {}, db: { canary: 1, autoRevert: true } });
  fleet.pass(30 * MINUTE);
  const drain = { deadlineMs: null, ignoreSystemJobs: false };
  fleet.send({ kind: "drainNode", node: fleet.current("web").node.record.id, drain });
  expect(fleet.deployment?.status).toBe("running");
  expect(fleet.version).toBe(1);
  fleet.allHealthy();
  expect(fleet.promote()).toMatchObject({ ok: true });
  expect(fleet.deployment?.status).toBe("successful");
});

test("a group that was promoted alone may lose an execution long after", () => {
  const fleet = new TwoGroups({ web: { canary: 1 }, db: { canary: 1 } });
  expect(fleet.promote(["web"])).toMatchObject({ ok: true });
  fleet.allHealthy();
  fleet.pass(30 * MINUTE);
  const { execution } = fleet.current("web");
  fleet.fails(fleet.orderOf(execution.number));
  fleet.pass(MINUTE);
  fleet.allHealthy();
  expect(fleet.deployment?.status).toBe("running");
  expect(fleet.current("web").execution.number).not.toBe(execution.number);
});
