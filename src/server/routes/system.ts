import { isoTime } from "../../model/time.ts";
import type { SYSTEM_ENDPOINTS } from "../../protocol/api/endpoint/system.ts";
import { milliseconds } from "../../protocol/api/field.ts";
import type { ApiTokenRecord, JoinTokenRecord } from "../../store/store.ts";
import { hashToken, isGood, issueApiToken, issueJoinToken, tokenIdOf } from "../access/tokens.ts";
import { currentAct } from "../audit/act.ts";
import { present, timeOf } from "../views/present.ts";
import type { HandlersOf } from "./call.ts";
import type { ServerContext } from "./context.ts";
import { findPool } from "./lookup.ts";
import { refuse } from "./refusal.ts";

export function systemHandlers(context: ServerContext): HandlersOf<typeof SYSTEM_ENDPOINTS> {
  const { settings, store } = context;
  return {
    "GET /health": async () => {
      const body = { status: context.health(), version: settings.version };
      return Response.json(body, { status: body.status === "ok" ? 200 : 503 });
    },
    "GET /system": async () => ({
      version: settings.version,
      startTime: isoTime(settings.startedAt),
      time: isoTime(context.clock()),
      store: settings.storeKind,
      epoch: context.epoch(),
      lastEvent: await store.lastEventSequence(),
      defaultProvider: settings.defaultProvider,
    }),
    "GET /metrics": async () => {
      const headers = { "content-type": context.metrics.contentType };
      return new Response(await context.metrics.metrics(), { headers });
    },
    ...joinTokens(context),
    ...apiTokens(context),
  };
}

type Handlers = HandlersOf<typeof SYSTEM_ENDPOINTS>;
type JoinTokenHandlers = Pick<
  Handlers,
  "GET /join-tokens" | "POST /join-tokens" | "DELETE /join-tokens/{tokenId}"
>;
type ApiTokenHandlers = Pick<
  Handlers,
  "GET /api-tokens" | "POST /api-tokens" | "DELETE /api-tokens/{tokenId}"
>;

function joinTokens(context: ServerContext): JoinTokenHandlers {
  const { store } = context;
  return {
    "GET /join-tokens": async () => {
      const now = context.clock();
      const tokens = (await store.listJoinTokens()).filter((token) => isGood(token, now));
      return { items: tokens.map(joinTokenView) };
    },
    "POST /join-tokens": async ({ body }) => {
      const { poolId, expiresIn, uses } = await body();
      // A token for no pool would be used up by the machine that finds that out.
      await findPool(context, poolId);
      const createdAt = context.clock();
      const expiresAt = expiresIn === undefined ? null : createdAt + milliseconds(expiresIn);
      const record = { poolId, expiresAt, usesLeft: uses ?? null, createdAt };
      const token = await issueJoinToken(store, record, currentAct());
      return { ...joinTokenView({ ...record, hash: hashToken(token) }), token };
    },
    "DELETE /join-tokens/{tokenId}": async ({ parameters }) => {
      const token = foundToken(await store.listJoinTokens(), parameters.tokenId, "join-tokens");
      await store.removeJoinToken(token.hash, currentAct()?.done({}) ?? null);
      return undefined;
    },
  };
}

function apiTokens(context: ServerContext): ApiTokenHandlers {
  const { store } = context;
  // Sessions and access keys are their users'.
  const listed = async () => (await store.listApiTokens()).filter(({ kind }) => kind === "api");
  return {
    "GET /api-tokens": async () => ({ items: (await listed()).map(apiTokenView) }),
    "POST /api-tokens": async ({ body }) => {
      const { name, role } = await body();
      const createdAt = context.clock();
      const record = { kind: "api", name, role, createdAt, user: null, expiresAt: null } as const;
      const token = await issueApiToken(store, record, currentAct());
      return { ...apiTokenView({ ...record, hash: hashToken(token) }), token };
    },
    "DELETE /api-tokens/{tokenId}": async ({ parameters, caller }) => {
      const { tokenId } = parameters;
      const { hash } = foundToken(await listed(), tokenId, "api-tokens");
      // So that there is always one left with which to make others.
      if (caller?.tokenHash === hash) throw ownToken(tokenId);
      await store.removeApiToken(hash, currentAct()?.done({}) ?? null);
      context.forgetToken(hash);
      return undefined;
    },
  };
}

function joinTokenView({ hash, poolId, createdAt, expiresAt, usesLeft }: JoinTokenRecord) {
  return {
    id: tokenIdOf(hash),
    poolId,
    creationTime: isoTime(createdAt),
    ...present({ expirationTime: timeOf(expiresAt), uses: usesLeft }),
  };
}

function apiTokenView({ hash, name, role, createdAt }: ApiTokenRecord) {
  return { id: tokenIdOf(hash), name, role, creationTime: isoTime(createdAt) };
}

export function foundToken<Token extends { readonly hash: string }>(
  tokens: readonly Token[],
  id: string,
  list: string,
): Token {
  const found = tokens.find(({ hash }) => tokenIdOf(hash) === id.toLowerCase());
  if (found !== undefined) return found;
  throw refuse("TokenNotFound", `There is no token ${id}.`, `See them with GET /api/v1/${list}.`);
}

function ownToken(id: string) {
  return refuse(
    "TokenInUse",
    `The token ${id} is the one that this request came with.`,
    "Make another administrator's token, and take this one back with that.",
  );
}
