import type { NodeFacts } from "../../model/node.ts";
import type { JoinAnswer, JoinRequest } from "../../protocol/node/message.ts";
import type { NodeIdentity } from "../identity.ts";
import type { AgentLogger } from "../options.ts";
import { newBackoff } from "./backoff.ts";

export interface JoinOptions {
  readonly serverUrl: string;
  readonly joinToken: string;
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
  const { serverUrl, joinToken, name, slots, facts, logger, signal } = options;
  const { guid, publicKey } = identity;
  const body: JoinRequest = { joinToken, guid, publicKey, nodeName: name, slots, facts };
  const backoff = newBackoff();
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await attemptJoin(serverUrl, body, signal);
    if ("ok" in outcome) return outcome;
    if (signal.aborted) return null;
    if (attempt === 1) {
      logger.warn({ server: serverUrl, reason: outcome.again }, "Joining failed; trying again.");
    }
    await Bun.sleep(backoff.nextMs());
    if (signal.aborted) return null;
  }
}

async function attemptJoin(
  serverUrl: string,
  body: JoinRequest,
  signal: AbortSignal,
): Promise<JoinOutcome | { again: string }> {
  try {
    const response = await fetch(`${serverUrl.replace(/\/+$/, "")}${JOIN_PATH}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      redirect: "error",
      signal: AbortSignal.any([signal, AbortSignal.timeout(JOIN_TIMEOUT_MS)]),
    });
    if (response.ok) return { ok: true, answer: (await response.json()) as JoinAnswer };
    const text = (await response.text()).slice(0, 2_000);
    if (response.status >= 500 || response.status === 429) {
      return { again: `${response.status} ${text}` };
    }
    return { ok: false, message: `The server refused the node: ${response.status} ${text}` };
  } catch (error) {
    return { again: error instanceof Error ? error.message : String(error) };
  }
}
