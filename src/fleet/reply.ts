import type { InstanceNumber } from "../model/fleet/instance.ts";
import { denial, type Permission, type Relation } from "../model/fleet/permission.ts";
import type { RoleLevel, UserNumber } from "../model/fleet/person.ts";
import { type RequestError, requestError } from "../model/requestError.ts";
import type { Actor } from "./input.ts";

/** What the caller of a request is told after the commit. */
export type FleetReply =
  | { readonly ok: true; readonly instance?: InstanceNumber; readonly revision?: number }
  | Refusal;

export interface Refusal {
  readonly ok: false;
  readonly error: RequestError;
}

const GUEST: RoleLevel = 3;

export const DONE: FleetReply = { ok: true };

export function refuse(...error: Parameters<typeof requestError>): Refusal {
  return { ok: false, error: requestError(...error) };
}

export function isRefusal(value: object): value is Refusal {
  return "ok" in value && value.ok === false;
}

/** Null: permitted. */
export function notPermitted(
  permission: Permission,
  actor: Actor,
  relations: readonly Relation[] = [],
): Refusal | null {
  const { level, isLimited = false } = actor;
  const message = denial(
    permission,
    level,
    isLimited ? relationsOfToken(actor, relations) : relations,
  );
  if (message === null) return null;
  return refuse(
    "InsufficientPermissions",
    message,
    isLimited
      ? "The token has fewer rights than its user: log in, or use a token with the role."
      : "Ask someone who may, or an administrator for the role.",
  );
}

/** With its user's account a limited token would have all their rights; one of a guest only reads. */
function relationsOfToken({ level }: Actor, relations: readonly Relation[]): Relation[] {
  return level === GUEST ? [] : relations.filter((relation) => relation !== "self");
}

/** What the actor is to something that the user owns. */
export function asOwner({ user }: Actor, owner: UserNumber | null): Relation[] {
  return user === owner ? ["owner"] : [];
}
