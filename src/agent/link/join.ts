import type { NodeFacts } from "../../model/node.ts";
import type { JoinAnswer, JoinRequest } from "../../protocol/node/message.ts";
import type { NodeIdentity } from "../identity.ts";
import type { AgentLogger } from "../options.ts";
import { newBackoff } from "./backoff.ts";

export interface JoinOptions {
  readonly serverUrl: string;
  readonly joinToken: string;
  /** Where it was read, for messages; null: nobody put it anywhere. */
  readonly tokenSource: string | null;
  /** Null: the token's pool, whichever that is. */
  readonly poolId: string | null;
  readonly name: string;
  readonly slots: number;
  readonly facts: NodeFacts;
  readonly logger: AgentLogger;
  readonly signal: AbortSignal;
}

export type JoinOutcome =
  | { readonly ok: true; readonly answer: JoinAnswer }
  /** The server will not have the node; trying again is of no use. */
  | { readonly ok: false; readonly message: string };

const JOIN_PATH = "/api/v1/nodes/join";
const JOIN_TIMEOUT_MS = 30_000;

/** Makes the node known to the server; tries until the server gives an answer. Null: aborted. */
export async function joinServer(
  identity: NodeIdentity,
  options: JoinOptions,
): Promise<JoinOutcome | null> {
  const { serverUrl, joinToken, poolId, name, slots, facts, logger, signal } = options;
  const { guid, publicKey } = identity;
  const node = { guid, publicKey, nodeName: name, slots, facts };
  const body: JoinRequest = { joinToken, ...(poolId === null ? {} : { poolId }), ...node };
  const backoff = newBackoff();
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await attemptJoin(options, body);
    if ("ok" in outcome) return outcome;
    if (signal.aborted) return null;
    if (attempt === 1) {
      const message = "Joining failed; trying again until the server takes this machine in.";
      logger.warn({ server: serverUrl, reason: outcome.again }, message);
    }
    await Bun.sleep(backoff.nextMs());
    if (signal.aborted) return null;
  }
}

async function attemptJoin(
  options: JoinOptions,
  body: JoinRequest,
): Promise<JoinOutcome | { again: string }> {
  const { serverUrl, signal } = options;
  try {
    const response = await fetch(`${serverUrl.replace(/\/+$/, "")}${JOIN_PATH}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(JOIN_TIMEOUT_MS)]),
    });
    const text = await response.text();
    if (response.status >= 500 || response.status === 429) {
      return { again: `${response.status} ${oneLine(text)}` };
    }
    return outcomeOf(response, parseJson(text), options);
  } catch (error) {
    return { again: reasonOf(error) };
  }
}

/** Without the advice that the runtime has for those who call its fetch. */
function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return oneLine(reason.replace(/For more information, pass `verbose: true`.*$/s, ""));
}

function outcomeOf(response: Response, body: unknown, options: JoinOptions): JoinOutcome {
  const { serverUrl, tokenSource } = options;
  if (response.ok && isJoinAnswer(body)) return { ok: true, answer: body };
  const refusal = response.ok ? null : refusalOf(body);
  if (refusal === null) {
    const place = response.headers.get("location");
    const given =
      place === null ? `another answer (${response.status})` : `a redirection to ${place}`;
    const message = `Expected a Stint server at ${serverUrl}, got ${given}. Give its address with --server, without a path.`;
    return { ok: false, message };
  }
  const token = tokenSource === null ? "" : ` with the join token of ${tokenSource}`;
  const reason = `The server ${serverUrl} refused this machine${token}: ${refusal}`;
  return { ok: false, message: oneLine(reason) };
}

function isJoinAnswer(body: unknown): body is JoinAnswer {
  return typeof body === "object" && body !== null && "nodeId" in body && "poolId" in body;
}

/** What the server says, and what it advises; null: that was no Stint server. */
function refusalOf(body: unknown): string | null {
  if (typeof body !== "object" || body === null || !("error" in body)) return null;
  const { message, fix } = body.error as { message?: unknown; fix?: unknown };
  return typeof message === "string" ? `${message} ${String(fix ?? "")}` : null;
}

const SHOWN_LENGTH = 1_000;

function oneLine(text: string): string {
  return text.slice(0, SHOWN_LENGTH).replace(/\s+/g, " ").trim();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
