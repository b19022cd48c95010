import { notPermitted } from "../../fleet/reply.ts";
import { ROLES } from "../../model/fleet/person.ts";
import { isoTime } from "../../model/time.ts";
import type { ACCESS_KEY_ENDPOINTS } from "../../protocol/api/endpoint/accessKeys.ts";
import { milliseconds } from "../../protocol/api/field.ts";
import type { ApiTokenRecord } from "../../store/store.ts";
import { hashToken, issueApiToken, tokenIdOf } from "../access/tokens.ts";
import { currentAct } from "../audit/act.ts";
import type { HandlersOf } from "../routes/call.ts";
import type { Caller, ServerContext } from "../routes/context.ts";
import { Refusal, refuse } from "../routes/refusal.ts";
import { present, timeOf } from "../views/present.ts";
import { ownedBy } from "./found.ts";
import { rows } from "./rows.ts";

/** Keys by which programs act as their users; they are good at once and end with the user's account. */
export function accessKeyHandlers(context: ServerContext): HandlersOf<typeof ACCESS_KEY_ENDPOINTS> {
  const { fleet, store } = context;
  const view = (key: ApiTokenRecord) => ({
    id: tokenIdOf(key.hash),
    name: key.name,
    owner: ownerId(context, key),
    role: key.role,
    creationTime: isoTime(key.createdAt),
    ...present({ expirationTime: timeOf(key.expiresAt) }),
  });
  const keys = async () => (await store.listApiTokens()).filter(({ kind }) => kind === "key");
  return {
    "POST /access-keys": async ({ body, caller }) => {
      const by = known(caller);
      const { name, role = by.role, expiresIn } = await body();
      refuseKeyOfKey(by);
      refuseHigherRole(by, role);
      const createdAt = context.clock();
      const expiresAt = expiresIn === undefined ? null : createdAt + milliseconds(expiresIn);
      const { user } = by.actor;
      const record = { kind: "key", name, role, createdAt, user, expiresAt } as const;
      const secret = await issueApiToken(store, record, currentAct());
      return { ...view({ ...record, hash: hashToken(secret) }), secret };
    },
    "GET /access-keys": async ({ query, caller }) => {
      const isOwners = ownedBy(fleet.state, query.owner);
      const fits = (await keys()).filter(
        (key) => denialOf(known(caller), key) === null && isOwners(key.user),
      );
      return rows(fits, query, view);
    },
    "DELETE /access-keys/{keyId}": async ({ parameters, caller }) => {
      const { keyId } = parameters;
      const key = (await keys()).find(({ hash }) => tokenIdOf(hash) === keyId.toLowerCase());
      if (key === undefined) {
        const fix = "See them with GET /api/v1/access-keys.";
        throw refuse("TokenNotFound", `There is no access key ${keyId}.`, fix);
      }
      const denied = denialOf(known(caller), key);
      if (denied !== null) throw new Refusal(denied.error);
      await store.removeApiToken(key.hash, currentAct()?.done({}) ?? null);
      context.forgetToken(key.hash);
      return undefined;
    },
  };
}

function known(caller: Caller | null): Caller {
  if (caller === null) throw new Error("Expected an endpoint that authenticates.");
  return caller;
}

function denialOf({ actor }: Caller, { user }: ApiTokenRecord) {
  return notPermitted("editAccessKey", actor, user === actor.user ? ["owner"] : []);
}

function ownerId({ fleet }: ServerContext, { user }: ApiTokenRecord): string {
  return (user === null ? undefined : fleet.state.users.get(user)?.id) ?? "";
}

/** One that leaked could live on beyond its expiry otherwise. */
function refuseKeyOfKey({ tokenKind }: Caller): void {
  if (tokenKind !== "key") return;
  throw refuse(
    "OperationNotValidOnToken",
    "Expected the token of a login, and this one is an access key, which makes no others.",
    "Log in, and make it then.",
  );
}

function refuseHigherRole({ role: own }: Caller, role: number): void {
  if (role >= own) return;
  const expected = `a role of at most ${ROLES[own] ?? own} (${own})`;
  throw refuse(
    "InsufficientPermissions",
    `Expected ${expected} for the key, given ${ROLES[role] ?? role} (${role}).`,
    `Give role ${own} or leave it out.`,
    { field: "role", expected, given: String(role) },
  );
}
