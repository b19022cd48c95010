import type { MemberState } from "../model/allocation.ts";

/** What a member that is not running waits for, as its node tells it. `why` has no full stop. */
export type MemberWait =
  /** Its `restart` policy starts it again at that time. */
  | { readonly kind: "restart"; readonly at: number; readonly why: string }
  /** A template of it reads what is not there. */
  | { readonly kind: "template"; readonly why: string };

/** Null: it does not wait, or nobody knows for what. */
export function memberWait({ state, nextAt, events }: MemberState): MemberWait | null {
  const last = events.at(-1);
  if (state !== "pending" || last === undefined) return null;
  if (last.type === "Template") return { kind: "template", why: last.description };
  return nextAt === null ? null : { kind: "restart", at: nextAt, why: last.description };
}
