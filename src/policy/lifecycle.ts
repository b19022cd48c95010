import type { MemberState } from "../model/allocation.ts";
import type { MemberSpec } from "../model/group.ts";

/** What a member is to its group: when it runs. */
export type MemberKind = "prestart" | "main" | "poststart" | "poststop";

export function kindOf({ lifecycle }: Pick<MemberSpec, "lifecycle">): MemberKind {
  return lifecycle?.hook ?? "main";
}

/** Runs beside the mains for as long as they do. */
export function isSidecar({ lifecycle }: Pick<MemberSpec, "lifecycle">): boolean {
  return lifecycle?.sidecar === true && lifecycle.hook !== "poststop";
}

/** A member as it was described, with how it is now. */
export interface MemberStanding {
  readonly spec: Pick<MemberSpec, "name" | "lifecycle" | "leader">;
  readonly state: Pick<MemberState, "state" | "failed">;
}

/** Why members that live are killed; `member`: whose end is the reason. */
export type InnerEnding =
  | { readonly cause: "leaderDead" | "siblingFailed"; readonly member: string }
  | { readonly cause: "mainsDead" };

/**
 * Whether a group ends because of what became of its members: a leader that died comes before a member that failed, and
 * that before mains that are done (Nomad). Null: it goes on, or nothing lives but what runs after all others.
 */
export function innerEnding(members: readonly MemberStanding[]): InnerEnding | null {
  const others = members.filter(({ spec }) => kindOf(spec) !== "poststop");
  const over = others.filter(({ state }) => state.state === "dead");
  const living = others.filter(({ state }) => state.state !== "dead");
  if (living.length === 0) return null;
  const leader = over.find(({ spec, state }) => spec.leader && !state.failed);
  if (leader !== undefined) return { cause: "leaderDead", member: leader.spec.name };
  const failed = over.find(({ state }) => state.failed);
  if (failed !== undefined) return { cause: "siblingFailed", member: failed.spec.name };
  const areSidecars = living.every(({ spec }) => isSidecar(spec));
  return areSidecars && over.length > 0 ? { cause: "mainsDead" } : null;
}
