import { isSidecar } from "../../../policy/lifecycle.ts";
import { isDead, isPoststop, type Member } from "./kinds.ts";

/**
 * The members that are to be killed now and are not being killed yet: the leader first, then the others, and sidecars
 * when all these are dead.
 */
export function nextToKill(members: readonly Member[]): readonly Member[] {
  const living = members.filter((member) => !isDead(member) && !isPoststop(member));
  const waves = [
    living.filter(({ spec }) => spec.leader),
    living.filter(({ spec }) => !spec.leader && !isSidecar(spec)),
    living.filter(({ spec }) => !spec.leader && isSidecar(spec)),
  ];
  const wave = waves.find((each) => each.length > 0) ?? [];
  return wave.filter(({ run }) => run.killing === null);
}
