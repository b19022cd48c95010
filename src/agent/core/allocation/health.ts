import type { HealthRule } from "../../../model/allocation.ts";
import {
  decideHealth as decide,
  type HealthInput,
  NEW_HEALTH_STATE,
} from "../../../policy/health.ts";
import { groupOrder } from "../held.ts";
import type { Execution, Step } from "../machine.ts";
import { changeHead, changeMember, presentMembers, runOf } from "./change.ts";
import { checkedPlaces } from "./checks.ts";
import { noteEvent } from "./events.ts";
import { isDead } from "./kinds.ts";
import type { EndingCause } from "./run.ts";
import { watchOf } from "./watch.ts";

/** What ends a group without a word on its health. */
const FROM_OUTSIDE: ReadonlySet<EndingCause> = new Set<EndingCause>([
  "stopped",
  "discarded",
  "outOfContact",
  "expired",
]);

/** Decides whether the group is healthy, once, if somebody waits for it. */
export function decideHealth(step: Step, execution: Execution): void {
  const rule = groupOrder(execution.order)?.allocation.health ?? null;
  const watch = watchOf(execution);
  watch.healthDueAt = null;
  const head = runOf(execution)?.head;
  if (rule === null || head === undefined || head.health !== null) return;
  if (head.ending !== null && FROM_OUTSIDE.has(head.ending.cause)) return;
  const state = watch.health ?? NEW_HEALTH_STATE;
  const decided = decide(state, inputOf(execution, rule), step.now);
  watch.health = decided.state;
  watch.healthDueAt = decided.nextAt;
  const health = decided.state.decided;
  if (health === null) return;
  if (!health.healthy) noteUnhealthy(step, execution, decided.reason);
  changeHead(step, execution, { health });
}

function inputOf(execution: Execution, rule: HealthRule): HealthInput {
  return {
    rule,
    startedAt: execution.wallClockFrom,
    members: presentMembers(execution).map(({ spec, run }) => ({
      member: spec.name,
      state: run.state.state,
      failed: run.state.failed,
      lastRestartAt: run.state.lastRestartAt,
      lifecycle: spec.lifecycle,
    })),
    checks: checkedPlaces(execution).map(({ check, status }) => ({
      name: check.name,
      onUpdate: check.onUpdate,
      status,
    })),
  };
}

function noteUnhealthy(step: Step, execution: Execution, reason: string): void {
  for (const member of presentMembers(execution)) {
    if (isDead(member)) continue;
    changeMember(step, execution, noteEvent(member.run, "Alloc Unhealthy", reason, step.now));
  }
}
