import { AsyncLocalStorage } from "node:async_hooks";
import type { Reply } from "../../engine/input.ts";
import type { AuditActor, AuditEntry, Json } from "../../model/audit.ts";
import { isoTime } from "../../model/time.ts";
import type { EndpointKey } from "../../protocol/api/endpoint/endpoint.ts";
import { tokenIdOf } from "../access/tokens.ts";
import type { AuditNote, Caller } from "../routes/context.ts";
import { recordedBody } from "./recordedBody.ts";

export type Accepted = Extract<Reply, { ok: true }>;

interface Asked {
  readonly key: EndpointKey;
  readonly parameters: Readonly<Record<string, string>>;
  /** What stands behind the question mark. */
  readonly query: URLSearchParams;
  readonly caller: Caller | null;
  readonly address: string | null;
  readonly requestId: string;
  readonly clock: () => number;
  /** Of its body only a digest is recorded. */
  readonly isBodySecret: boolean;
}

const NOBODY: AuditActor = { kind: "nobody", id: "", tokenId: null };

/** One request on its way to the audit log: at most one entry comes of it, with the first change that it makes. */
export class Act {
  readonly #asked: Asked;
  #by: AuditActor;
  #body: { readonly text: string; readonly value: unknown } | null = null;
  #isRecorded = false;

  constructor(asked: Asked) {
    this.#asked = asked;
    this.#by = actorOf(asked.caller);
  }

  /** Who is asking, from where: refusals are counted by it. */
  get who(): string {
    const { kind, id, tokenId } = this.#by;
    return JSON.stringify([kind, id, tokenId, this.#asked.address]);
  }

  /** The request came without a token, and turned out to be this user's. */
  isBy(userId: string): void {
    this.#by = { kind: "user", id: userId, tokenId: null };
  }

  /** What was asked for, as it came. */
  asks(text: string, value: unknown): void {
    this.#body = { text, value };
  }

  /** The entry of what was done; null: it has its entry. */
  done(result: AuditEntry["result"]): AuditEntry | null {
    if (this.#isRecorded) return null;
    this.#isRecorded = true;
    return this.#entry("done", null, result);
  }

  /** As done, with what an accepted reply says. */
  readonly accepted = (reply: Accepted): AuditEntry | null => this.done(resultOf(reply));

  /** The entry of a refusal; `more` says what else is to be known of it. */
  refused(code: string, more: AuditEntry["result"] = {}): AuditEntry {
    return this.#entry("refused", code, more);
  }

  #entry(outcome: AuditEntry["outcome"], code: string | null, result: AuditEntry["result"]) {
    const { key, parameters, query, address, requestId, clock, isBodySecret } = this.#asked;
    const body = this.#body;
    const asked = body === null ? {} : recordedBody(body, parameters, isBodySecret);
    return {
      time: isoTime(clock()),
      by: this.#by,
      address,
      requestId,
      action: key,
      object: { ...parameters },
      details: query.size === 0 ? asked : { ...asked, query: Object.fromEntries(query) },
      outcome,
      code,
      result,
    };
  }
}

function actorOf(caller: Caller | null): AuditActor {
  if (caller === null) return NOBODY;
  const { name, tokenKind, tokenHash } = caller;
  switch (tokenKind) {
    case "session":
      return { kind: "user", id: name, tokenId: null };
    case "key":
      return { kind: "key", id: name, tokenId: tokenIdOf(tokenHash) };
    case "api":
      return { kind: "token", id: name, tokenId: tokenIdOf(tokenHash) };
  }
}

/** What came of it that the request itself does not say. */
function resultOf({ instance, revision, version, jobId, tasks }: Accepted): AuditEntry["result"] {
  const added = tasks?.filter(({ status }) => status === "success").length;
  const all: Record<string, Json | undefined> = {
    instance,
    revision,
    version,
    jobId,
    tasks: added,
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

/**
 * The act of the request that is being answered. It goes with the request through whatever its handler awaits, so that no
 * handler can forget it. The loop does not look here: what it does for one request it may do on another one's call.
 */
const acts = new AsyncLocalStorage<Act | null>();

export function during<Value>(act: Act, work: () => Promise<Value>): Promise<Value> {
  return acts.run(act, work);
}

/** Of the current request; null: there is none. */
export function auditNote(): AuditNote | null {
  return currentAct()?.accepted ?? null;
}

/** Null: no person's request is being answered. */
export function currentAct(): Act | null {
  return acts.getStore() ?? null;
}
