import { restartDescription } from "../../../policy/restart.ts";
import type { AgentInput } from "../contract.ts";
import type { Execution, Step } from "../machine.ts";
import { changeHead, changeMember, presentMember, presentMembers, runOf } from "./change.ts";
import { terminate } from "./ending.ts";
import { noteEvent, withEvent } from "./events.ts";
import { isDead, isPoststop, type Member } from "./kinds.ts";
import { processOf } from "./processes.ts";
import type { MemberRun, Restarting } from "./run.ts";

const TEMPLATE_RESTART = "Template with change_mode restart re-rendered";
const TEMPLATE_SIGNAL = "Template re-rendered";
const AT_ONCE = restartDescription(0, "");

/** Whether members may begin anew: not once the group ends. */
function mayRestart(execution: Execution): boolean {
  const head = runOf(execution)?.head;
  return head !== undefined && head.ending === null && head.stage !== "poststop";
}

/**
 * The server's wish. Null: all members; `dead`: also those that have ended, which then go through their order anew. What
 * waits for its restart starts now.
 */
export function restartMembers(
  step: Step,
  execution: Execution,
  name: string | null,
  dead: boolean,
): void {
  if (!mayRestart(execution)) return;
  const members = presentMembers(execution).filter(
    (member) => !isPoststop(member) && (name === null || member.spec.name === name),
  );
  const reason = reasonOf(name, dead);
  // Before the members, so that a crash between the two leaves none that runs ahead of its turn.
  if (dead && name === null) changeHead(step, execution, { stage: "prestart" });
  for (const member of members) {
    if (isDead(member)) {
      if (dead) changeMember(step, execution, revived(member.run, reason, step.now));
    } else {
      restartRunning(step, execution, member, { by: "manual", reason });
      startWaiting(step, execution, member, reason);
    }
  }
}

/** Who asks for a restart does not want to wait for one: the rest of its delay is left out, and no attempt counted. */
function startWaiting(step: Step, execution: Execution, { run }: Member, reason: string): void {
  const { state, nextAt } = run.state;
  if (state !== "pending" || nextAt === null || nextAt <= step.now) return;
  const asked = withEvent(run.state, "Restart Signaled", reason, step.now);
  const now = withEvent(asked, "Restarting", AT_ONCE, step.now);
  changeMember(step, execution, { ...run, waitMs: 0, state: { ...now, nextAt: step.now } });
}

function reasonOf(name: string | null, dead: boolean): string {
  if (name !== null) return "User requested task to restart";
  return dead ? "User requested all tasks to restart" : "User requested running tasks to restart";
}

/** Asks a member that runs to begin anew. */
export function restartRunning(
  step: Step,
  execution: Execution,
  member: Member,
  wish: Restarting,
): void {
  const { run } = member;
  if (run.state.state !== "running" || run.killing !== null || run.restarting !== null) return;
  const noted = noteEvent(run, "Restart Signaled", wish.reason, step.now);
  changeMember(step, execution, { ...noted, restarting: wish });
  terminate(step, member);
}

/** A dead member that is to run again; its policy counts no restart. */
function revived(run: MemberRun, reason: string, now: number): MemberRun {
  const asked = withEvent(run.state, "Restart Signaled", reason, now);
  const state = {
    ...withEvent(asked, "Restarting", AT_ONCE, now),
    state: "pending",
    failed: false,
    restarts: run.state.restarts + 1,
    lastRestartAt: now,
    finishedAt: null,
    nextAt: now,
  } as const;
  return { ...run, waitMs: 0, state };
}

export function onTemplateChanged(
  step: Step,
  execution: Execution,
  { member: name, action }: Extract<AgentInput, { input: "templateChanged" }>,
): void {
  if (!mayRestart(execution)) return;
  const member = presentMember(execution, name);
  if (member === undefined) return;
  if (action.kind === "restart") {
    const wish = { by: "manual", reason: TEMPLATE_RESTART } as const;
    restartRunning(step, execution, member, wish);
    return;
  }
  const process = processOf(step.machine, member.run);
  if (process?.process == null || process.life.phase !== "running") return;
  const noted = noteEvent(member.run, "Signaling", TEMPLATE_SIGNAL, step.now);
  changeMember(step, execution, noted);
  step.effects.push({ effect: "signalMember", signal: action.signal, ...process.process });
}
