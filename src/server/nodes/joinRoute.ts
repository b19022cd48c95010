import { z } from "zod";
import { foldId, isValidNodeId } from "../../model/id.ts";
import { TASK_SLOTS_MAX } from "../../model/limits.ts";
import { isoTime } from "../../model/time.ts";
import { check } from "../../protocol/api/check.ts";
import type { JoinAnswer } from "../../protocol/node/message.ts";
import type { JoinTokenRecord, Store } from "../../store/store.ts";
import { hashToken } from "../access/tokens.ts";
import type { Loop } from "../loop/loop.ts";
import { requestIdOf } from "../routes/api.ts";
import { parseJson, readText } from "../routes/body.ts";
import { accepted, errorResponse, Refusal, refuse } from "../routes/refusal.ts";

/** Text of at most so many characters. */
function textUpTo(most: number) {
  return z.string().max(most, `text of at most ${most} characters`);
}

const SIZE = z.number().min(0, "a number of at least 0");
const SLOTS_EXPECTED = `a whole number from 0 to ${TASK_SLOTS_MAX}`;

const facts = z.object({
  agentVersion: textUpTo(100),
  hostname: textUpTo(253),
  os: textUpTo(200),
  ipAddress: textUpTo(100),
  cores: SIZE,
  memoryBytes: SIZE,
  canReboot: z.boolean(),
});

// Further fields are let through: a newer agent may tell more.
const joinRequest = z.object({
  joinToken: textUpTo(200).min(1, "a join token"),
  poolId: textUpTo(64).optional(),
  guid: z.string().regex(/^[A-Za-z0-9._-]{1,128}$/, "1 to 128 characters out of A-Za-z0-9._-"),
  publicKey: z.base64("a key in base64").max(100, "a key of at most 100 characters"),
  nodeName: z.string().refine(isValidNodeId, "a node id of 1 to 64 characters out of A-Za-z0-9._-"),
  slots: z
    .int({ error: SLOTS_EXPECTED })
    .min(0, SLOTS_EXPECTED)
    .max(TASK_SLOTS_MAX, SLOTS_EXPECTED),
  facts,
});

/** Why nobody may join with the token; null: it is good. */
function tokenFault(token: JoinTokenRecord | null, now: number): Refusal | null {
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
): Refusal | null {
  if (wanted.poolId === undefined || given === null) return null;
  if (foldId(wanted.poolId) === foldId(given.poolId)) return null;
  return refuse(
    "InvalidPropertyValue",
    `Expected ${what} the pool ${wanted.poolId}, got ${given.poolId}.`,
    `Give --pool ${given.poolId} or none, or make a token with: stint node jointoken ${wanted.poolId}`,
  );
}

function usedUp(token: JoinTokenRecord | null): Refusal {
  const poolId = token?.poolId ?? "POOL";
  return badToken(`one for the pool ${poolId} that has been used up`, poolId);
}

function badToken(given: string, poolId: string): Refusal {
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
export async function joinNode(request: Request, parts: JoinParts): Promise<Response> {
  try {
    return Response.json(await joined(request, parts));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return errorResponse(error, requestIdOf(request)).response;
  }
}

interface JoinParts {
  readonly loop: Loop;
  readonly store: Store;
  readonly clock: () => number;
}

/** Throws Refusal. */
async function joined(request: Request, { loop, store, clock }: JoinParts): Promise<JoinAnswer> {
  const data = accepted(check(joinRequest, parseJson(await readText(request))));
  const key = await store.readNodeKey(data.guid);
  if (key !== null && key.publicKey !== data.publicKey) {
    const message = `Another machine has joined under the guid ${data.guid} with another key.`;
    throw refuse(
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
    if (fault !== null) throw fault;
    const token = await store.useJoinToken(hash, clock());
    // Another has used it since it was looked at.
    if (token === null) throw usedUp(shown);
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
    if (!reply.ok) throw new Refusal(reply.error);
  }
  const node = loop.nodeNumber(data.guid);
  const names = node === null ? null : loop.nodeNames(node);
  const fault = poolFault("this node to be in", data, names);
  if (fault !== null) throw fault;
  return names ?? { nodeId: data.nodeName, poolId };
}
