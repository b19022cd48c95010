import { z } from "zod";
import { foldId, isValidNodeId } from "../../model/id.ts";
import { REQUEST_ERROR_STATUS, type RequestErrorCode } from "../../model/requestError.ts";
import { isoTime } from "../../model/time.ts";
import type { JoinAnswer } from "../../protocol/node/message.ts";
import type { JoinTokenRecord, Store } from "../../store/store.ts";
import { hashToken } from "../access/tokens.ts";
import type { Loop } from "../loop/loop.ts";

const facts = z.object({
  agentVersion: z.string().max(100),
  hostname: z.string().max(253),
  os: z.string().max(200),
  ipAddress: z.string().max(100),
  cores: z.number().min(0),
  memoryBytes: z.number().min(0),
  canReboot: z.boolean(),
});

const joinRequest = z.object({
  joinToken: z.string().min(1).max(200),
  poolId: z.string().max(64).optional(),
  guid: z.string().regex(/^[A-Za-z0-9._-]{1,128}$/),
  publicKey: z.base64().max(100),
  nodeName: z.string().refine(isValidNodeId, "expected a node id of 1-64 of [A-Za-z0-9._-]"),
  slots: z.int().min(0).max(256),
  facts,
});

function refuse(code: RequestErrorCode, message: string, fix: string): Response {
  return Response.json({ error: { code, message, fix } }, { status: REQUEST_ERROR_STATUS[code] });
}

/** Why nobody may join with the token; null: it is good. */
function tokenFault(token: JoinTokenRecord | null, now: number): Response | null {
  if (token === null) return badToken("one that it does not know", "POOL");
  const { poolId, expiresAt, usesLeft } = token;
  if (expiresAt !== null && expiresAt <= now) {
    return badToken(`one for the pool ${poolId} that expired at ${isoTime(expiresAt)}`, poolId);
  }
  return usesLeft !== null && usesLeft <= 0 ? usedUp(token) : null;
}

/** The machine is meant for another pool. */
function poolFault(
  what: string,
  wanted: { readonly poolId?: string | undefined },
  given: { readonly poolId: string } | null,
): Response | null {
  if (wanted.poolId === undefined || given === null) return null;
  if (foldId(wanted.poolId) === foldId(given.poolId)) return null;
  return refuse(
    "InvalidPropertyValue",
    `Expected ${what} the pool ${wanted.poolId}, got ${given.poolId}.`,
    `Give --pool ${given.poolId} or none, or make a token with: stint node jointoken ${wanted.poolId}`,
  );
}

function usedUp(token: JoinTokenRecord | null): Response {
  const poolId = token?.poolId ?? "POOL";
  return badToken(`one for the pool ${poolId} that has been used up`, poolId);
}

function badToken(given: string, poolId: string): Response {
  const message = `Expected a join token of this server that is good, got ${given}.`;
  return refuse(
    "AuthenticationFailed",
    message,
    `Make a new one with: stint node jointoken ${poolId}`,
  );
}

/**
 * `POST /api/v1/nodes/join`: a machine shows a join token and the public key it made. A repeated join with the same key
 * gives the same answer and uses the token no second time.
 */
export async function joinNode(
  request: Request,
  parts: { loop: Loop; store: Store; clock: () => number },
): Promise<Response> {
  const { loop, store, clock } = parts;
  const parsed = joinRequest.safeParse(await request.json().catch(() => null));
  if (!parsed.success) {
    const what = z.prettifyError(parsed.error);
    return refuse("InvalidRequestBody", `Expected a join request: ${what}`, "Use stint agent.");
  }
  const { data } = parsed;
  const key = await store.readNodeKey(data.guid);
  if (key !== null && key.publicKey !== data.publicKey) {
    const message = `Another machine has joined under the guid ${data.guid} with another key.`;
    return refuse(
      "NodeKeyConflict",
      message,
      "Delete the agent's data directory and join again as a new node.",
    );
  }
  const isKnown = key !== null && loop.nodeNumber(data.guid) !== null;
  let poolId = "";
  if (!isKnown) {
    const hash = hashToken(data.joinToken);
    const shown = await store.readJoinToken(hash);
    const fault = tokenFault(shown, clock()) ?? poolFault("a join token for", data, shown);
    if (fault !== null) return fault;
    const token = await store.useJoinToken(hash, clock());
    // Another has used it since it was looked at.
    if (token === null) return usedUp(shown);
    poolId = token.poolId;
    if (key === null) {
      const { guid, publicKey } = data;
      await store.addNodeKey({ guid, publicKey, revokedAt: null, createdAt: clock() });
    }
    const { guid, nodeName: name, slots } = data;
    const reply = await loop.ask({
      kind: "nodeJoined",
      guid,
      name,
      pool: poolId,
      slots,
      facts: data.facts,
    });
    if (!reply.ok) return refuse(reply.error.code, reply.error.message, reply.error.fix);
  }
  const node = loop.nodeNumber(data.guid);
  const names = node === null ? null : loop.nodeNames(node);
  const fault = poolFault("this node to be in", data, names);
  if (fault !== null) return fault;
  const answer: JoinAnswer = names ?? { nodeId: data.nodeName, poolId };
  return Response.json(answer);
}
