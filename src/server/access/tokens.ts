import { createHash, randomBytes } from "node:crypto";
import { requestError } from "../../model/requestError.ts";
import type { ApiTokenRecord, JoinTokenRecord, Store } from "../../store/store.ts";
import type { Authentication } from "../routes/context.ts";

/** Tokens are kept as their SHA-256 only: they are random, so nothing slower is needed. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** 256 bits, with a prefix that tells people and scanners what it is. */
export function newToken(kind: "api" | "join"): string {
  return `stint_${kind}_${randomBytes(32).toString("base64url")}`;
}

export async function issueJoinToken(
  store: Store,
  token: Omit<JoinTokenRecord, "hash">,
): Promise<string> {
  const text = newToken("join");
  await store.addJoinToken({ ...token, hash: hashToken(text) });
  return text;
}

export async function issueApiToken(
  store: Store,
  token: Omit<ApiTokenRecord, "hash">,
): Promise<string> {
  const text = newToken("api");
  await store.addApiToken({ ...token, hash: hashToken(text) });
  return text;
}

/** Of the hash, as hexadecimal digits. */
const TOKEN_ID_LENGTH = 12;

/** By which people name a token, that is kept as its hash alone. */
export function tokenIdOf(hash: string): string {
  return hash.slice(0, TOKEN_ID_LENGTH);
}

/** Whether a machine can still join with it. */
export function isGood({ expiresAt, usesLeft }: JoinTokenRecord, now: number): boolean {
  return (expiresAt === null || expiresAt > now) && (usesLeft === null || usesLeft > 0);
}

/** Tokens looked up lately, so that a request costs no read of the store. */
const CACHE_SIZE = 1_000;

/** Who is asking, by `Authorization: Bearer TOKEN`. */
export class Authenticator {
  readonly #known = new Map<string, ApiTokenRecord>();

  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async authenticate(request: Request): Promise<Authentication> {
    const header = request.headers.get("authorization");
    const token = /^Bearer (\S+)$/i.exec(header ?? "")?.[1];
    if (token === undefined) {
      return refused(header === null ? "no Authorization header" : "another kind of header");
    }
    const record = await this.#find(hashToken(token));
    if (record === null) return refused("a token that this server does not know");
    const { role, name, hash } = record;
    return { ok: true, caller: { role, name, tokenHash: hash } };
  }

  /** A token that was taken back is good no longer. */
  forget(hash: string): void {
    this.#known.delete(hash);
  }

  async #find(hash: string): Promise<ApiTokenRecord | null> {
    const known = this.#known.get(hash);
    if (known !== undefined) return known;
    const record = await this.#store.readApiToken(hash);
    if (record === null) return null;
    if (this.#known.size >= CACHE_SIZE) this.#known.clear();
    this.#known.set(hash, record);
    return record;
  }
}

function refused(given: string): Authentication {
  return {
    ok: false,
    error: requestError(
      "AuthenticationFailed",
      `Expected the header "Authorization: Bearer TOKEN" with a token of this server, got ${given}.`,
      "Set STINT_TOKEN, or use the token that the server printed at its first start.",
    ),
  };
}
