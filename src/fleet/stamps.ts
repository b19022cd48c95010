import type { Stamps } from "../model/fleet/person.ts";
import type { Actor } from "./input.ts";
import type { Fleet } from "./state.ts";

/** Of a new object; `actor` null: it was made by itself, or without a login. */
export function made({ now }: Fleet, actor: Actor | null): Stamps {
  return { createdAt: now, createdBy: actor?.user ?? null, updatedAt: null, updatedBy: null };
}

export function changed({ now }: Fleet, { user }: Actor): Pick<Stamps, "updatedAt" | "updatedBy"> {
  return { updatedAt: now, updatedBy: user };
}
