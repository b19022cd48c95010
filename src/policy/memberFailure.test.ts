import { expect, test } from "bun:test";
import type { MemberEvent, MemberEventType } from "../model/allocation.ts";
import { memberFailure } from "./memberFailure.ts";

const USED_UP = 'Exceeded allowed attempts 2 in interval 30m0s and mode is "fail"';

function failure(...told: (readonly [type: MemberEventType, description: string])[]) {
  const events = told.map(([type, description], at): MemberEvent => ({ type, at, description }));
  return memberFailure({
    member: "web",
    state: "dead",
    failed: true,
    restarts: 0,
    lastRestartAt: null,
    startedAt: null,
    finishedAt: null,
    nextAt: null,
    events,
  });
}

const STARTED = ["Started", "Task started by client"] as const;
const STOPPED = ["Terminated", "Exit Code: 0"] as const;
const UNHEALTHY = [
  "Restart Signaled",
  'healthcheck: check "service: "web" check" unhealthy',
] as const;

test("an end by itself is told with its exit code, and why it was the last", () => {
  expect(failure(STARTED, ["Terminated", "Exit Code: 7"], ["Not Restarting", USED_UP])).toEqual({
    cause: "Exit Code: 7",
    notRestarted: USED_UP,
  });
});

test("who is stopped as its check is unhealthy failed by that, whatever its exit code", () => {
  const end = [STOPPED, ["Not Restarting", USED_UP]] as const;
  expect(failure(STARTED, UNHEALTHY, ...end)).toEqual({
    cause: 'check "service: "web" check" was unhealthy',
    notRestarted: USED_UP,
  });
  const told = ["Alloc Unhealthy", "Unhealthy because of failed task"] as const;
  expect(failure(STARTED, UNHEALTHY, told, ...end, told).cause).toContain("was unhealthy");
});

test("a check that an earlier process was stopped for is not blamed for the end of the present one", () => {
  const earlier = [STARTED, UNHEALTHY, STOPPED, ["Restarting", "Task restarting in 15s"]] as const;
  const last = [STARTED, ["Terminated", "Exit Code: 7"], ["Not Restarting", USED_UP]] as const;
  expect(failure(...earlier, ...last).cause).toBe("Exit Code: 7");
  const image = ["Driver Failure", "There is no image web:2."] as const;
  expect(failure(...earlier, image, ["Not Restarting", USED_UP]).cause).toBe(
    "Driver Failure: There is no image web:2",
  );
});

test("a restart that a person asked for is no failed check", () => {
  const asked = ["Restart Signaled", "User requested task to restart"] as const;
  expect(failure(STARTED, asked, ["Terminated", "Exit Code: 7"]).cause).toBe("Exit Code: 7");
});

test("a long message is cut, and of what is not known nothing is said", () => {
  const { cause } = failure(["Setup Failure", "x".repeat(1_000)]);
  expect(cause).toHaveLength(300);
  expect(cause).toEndWith("...");
  expect(failure()).toEqual({ cause: null, notRestarted: null });
});
