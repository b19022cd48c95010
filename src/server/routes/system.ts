import { isoTime } from "../../model/time.ts";
import type { SYSTEM_ENDPOINTS } from "../../protocol/api/endpoint/system.ts";
import { milliseconds } from "../../protocol/api/field.ts";
import { issueApiToken, issueJoinToken } from "../access/tokens.ts";
import { present, timeOf } from "../views/present.ts";
import type { HandlersOf } from "./call.ts";
import type { ServerContext } from "./context.ts";
import { findPool } from "./lookup.ts";

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
    "POST /join-tokens": async ({ body }) => {
      const { poolId, expiresIn, uses } = await body();
      // A token for no pool would be used up by the machine that finds that out.
      await findPool(context, poolId);
      const createdAt = context.clock();
      const expiresAt = expiresIn === undefined ? null : createdAt + milliseconds(expiresIn);
      const usesLeft = uses ?? null;
      const token = await issueJoinToken(store, { poolId, expiresAt, usesLeft, createdAt });
      return { token, poolId, ...present({ expirationTime: timeOf(expiresAt), uses }) };
    },
    "GET /api-tokens": async () => {
      const tokens = await store.listApiTokens();
      const items = tokens.map(({ name, role, createdAt }) => ({
        name,
        role,
        creationTime: isoTime(createdAt),
      }));
      return { items };
    },
    "POST /api-tokens": async ({ body }) => {
      const { name, role } = await body();
      const createdAt = context.clock();
      const token = await issueApiToken(store, { name, role, createdAt });
      return { name, role, creationTime: isoTime(createdAt), token };
    },
  };
}
