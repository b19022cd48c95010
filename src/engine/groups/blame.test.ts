import { expect, test } from "bun:test";
import type { MemberEvent, MemberEventType } from "../../model/allocation.ts";
import { allocationId } from "../../model/allocationId.ts";
import { explainTask } from "../explain.ts";
import { CanaryFleet, newVersion } from "./testCanaries.ts";
import { GroupFleet, groupJob, memberState, NO_RESCHEDULE } from "./testGroups.ts";

/** What is said of an execution that failed, wherever a decision follows from that. */

const MINUTE = 60_000;
const TASK = "example.cache[0]";
const USED_UP = 'Exceeded allowed attempts 2 in interval 30m0s and mode is "fail"';

type Told = readonly [type: MemberEventType, description: string];

function failed(...told: readonly Told[]) {
  const events = told.map(([type, description], at): MemberEvent => ({ type, at, description }));
  return memberState({ state: "dead", failed: true, finishedAt: 1, events });
}

const BY_CHECK = failed(
  ["Started", "Task started by client"],
  ["Restart Signaled", 'healthcheck: check "service: "web" check" unhealthy'],
  ["Terminated", "Exit Code: 0"],
  ["Not Restarting", USED_UP],
);
const NO_IMAGE = failed(
  ["Driver Failure", "There is no image web:2."],
  ["Not Restarting", "Error was unrecoverable"],
);

test("a deployment that a failed check ended blames the check, not the answer to the stop", () => {
  const fleet = new CanaryFleet(1, { canary: 1, progressDeadlineMs: 0, autoRevert: true });
  fleet.change(newVersion(200));
  const canary = fleet.start();
  const reason = "Unhealthy because of failed task";
  const health = { healthy: false, at: fleet.now, reason };
  fleet.says(canary, { status: "failed", members: [BY_CHECK], health });
  const id = allocationId(canary.execution).slice(0, 8);
  expect(fleet.groups?.reverted?.failure?.message).toBe(
    `Allocation ${id} of group cache is unhealthy: ${reason} (member web: check "service: "web" check" was unhealthy)`,
  );
});

test("an execution that ended without a word on its health is blamed by what ended it", () => {
  const fleet = new CanaryFleet(1, { canary: 1, progressDeadlineMs: MINUTE });
  fleet.change({ ...newVersion(200), reschedule: NO_RESCHEDULE });
  const canary = fleet.start();
  fleet.ends(canary, 0, "failed", { members: [BY_CHECK] });
  fleet.pass(2 * MINUTE);
  expect(fleet.deployment?.failure?.message).toEndWith(
    'group cache failed (member web: check "service: "web" check" was unhealthy)',
  );
});

test("a reschedule says what failed, also to who asks why the task waits", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob());
  fleet.ends(fleet.start(), 1, "failed", { members: [NO_IMAGE] });
  const decision =
    "Member web failed: Driver Failure: There is no image web:2 (not restarted: Error was unrecoverable). Rescheduled after 30s, unlimited";
  const task = fleet.task(TASK, "example");
  if (task === null) throw new Error("no task");
  expect(task.progress.group?.decision).toBe(decision);
  const { summary } = explainTask(fleet.engine, fleet.engine.jobs.get(1) ?? null, task);
  expect(summary).toEndWith(`: ${decision}.`);
});

test("a task that is given up says what failed, and that its restart policy is used up", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob({ reschedule: NO_RESCHEDULE, update: null }));
  const end = ["Terminated", "Exit Code: 7"] as const;
  fleet.ends(fleet.start(), 7, "failed", { members: [failed(end, ["Not Restarting", USED_UP])] });
  const decision = `Member web failed: Exit Code: 7 (not restarted: ${USED_UP}). Policy allows no reschedules`;
  expect(fleet.task(TASK, "example")?.progress).toMatchObject({
    outcome: { exitCode: 7, failure: { message: `${decision}.` } },
    group: { decision },
  });
});

test("a canary that waits for its next try, or is given up, says what failed", () => {
  const tried = new CanaryFleet(1, { canary: 1, progressDeadlineMs: 10 * MINUTE });
  tried.change(newVersion(200));
  tried.ends(tried.start(), 0, "failed", { members: [BY_CHECK] });
  const what = `Member web failed: check "service: "web" check" was unhealthy (not restarted: ${USED_UP})`;
  expect(tried.current(0)?.group?.canary).toMatchObject({
    state: "waiting",
    decision: `${what}. Rescheduled after 30s, unlimited`,
  });
  const givenUp = new CanaryFleet(1, { canary: 1, progressDeadlineMs: 10 * MINUTE });
  givenUp.change({ ...newVersion(200), reschedule: NO_RESCHEDULE });
  givenUp.ends(givenUp.start(), 0, "failed", { members: [BY_CHECK] });
  expect(givenUp.current(0)?.group?.canary).toMatchObject({
    state: "failed",
    decision: `${what}. Policy allows no reschedules`,
  });
});

test("where no member tells of a failure the decision stands alone", () => {
  const fleet = new GroupFleet();
  fleet.register(groupJob());
  fleet.ends(fleet.start(), 1, "failed", { members: [] });
  expect(fleet.task(TASK, "example")?.progress.group?.decision).toBe(
    "Rescheduled after 30s, unlimited",
  );
});
