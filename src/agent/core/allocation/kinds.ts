import type { GroupSpec, MemberSpec } from "../../../model/group.ts";
import { isSidecar, kindOf, type MemberKind } from "../../../policy/lifecycle.ts";
import type { AllocationRun, MemberRun, Stage } from "./run.ts";

/** A member as it was described, with how it is now. */
export interface Member {
  readonly spec: MemberSpec;
  readonly run: MemberRun;
}

export function membersOf(group: GroupSpec, run: AllocationRun): Member[] {
  const runs = new Map(run.members.map((member) => [member.state.member, member]));
  return group.members.flatMap((spec) => {
    const member = runs.get(spec.name);
    return member === undefined ? [] : [{ spec, run: member }];
  });
}

export function isPoststop({ spec }: Member): boolean {
  return kindOf(spec) === "poststop";
}

export function isDead({ run }: Member): boolean {
  return run.state.state === "dead";
}

/** Running, and not about to be restarted. */
function isUp({ run }: Member): boolean {
  return run.state.state === "running" && run.restarting === null;
}

const RANK: Readonly<Record<Stage, number>> = { prestart: 1, main: 2, poststart: 3, poststop: 4 };

/** Whether members of the kind may be started at this stage. */
export function isAdmitted(stage: Stage, kind: MemberKind): boolean {
  if (stage === "poststop" || kind === "poststop") return stage === kind;
  return RANK[kind] <= RANK[stage];
}

/** The stage after the present one; null: its time has not come. */
export function nextStage(stage: Stage, members: readonly Member[]): Stage | null {
  const others = members.filter((member) => !isPoststop(member));
  if (stage !== "poststop" && others.every(isDead)) return "poststop";
  const ofKind = (kind: MemberKind) => members.filter(({ spec }) => kindOf(spec) === kind);
  switch (stage) {
    case "prestart":
      return ofKind("prestart").every(isPrestartDone) ? "main" : null;
    case "main":
      return ofKind("main").every((member) => isUp(member) || isDead(member)) ? "poststart" : null;
    case "poststart":
    case "poststop":
      return null;
  }
}

/** Sidecars must run; the others must have ended with success. */
function isPrestartDone(member: Member): boolean {
  if (isSidecar(member.spec)) return isUp(member);
  return isDead(member) && !member.run.state.failed;
}
