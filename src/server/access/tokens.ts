import { createHash, randomBytes } from "node:crypto";
import type { AuditEntry } from "../../model/audit.ts";
import type { RoleLevel, UserRecord } from "../../model/fleet/person.ts";
import { requestError } from "../../model/requestError.ts";
import type { ApiTokenKind, ApiTokenRecord, JoinTokenRecord, Store } from "../../store/store.ts";
import type { Authentication } from "../routes/context.ts";

/** Tokens are kept as their SHA-256 only: they are random, so nothing slower is needed. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** 256 bits, with a prefix that tells people and scanners what it is. */
export function newToken(kind: ApiTokenKind | "join"): string {
  return `stint_${kind}_${randomBytes(32).toString("base64url")}`;
}

/** The request of a person that makes the token; what it made is recorded with it. */
interface Recorded {
  done(result: AuditEntry["result"]): AuditEntry | null;
}

export async function issueJoinToken(
  store: Store,
  token: Omit<JoinTokenRecord, "hash">,
  act: Recorded | null = null,
): Promise<string> {
  const text = newToken("join");
  const hash = hashToken(text);
  await store.addJoinToken({ ...token, hash }, entryOf(act, hash));
  return text;
}

export async function issueApiToken(
  store: Store,
  token: Omit<ApiTokenRecord, "hash">,
  act: Recorded | null = null,
): Promise<string> {
  const text = newToken(token.kind);
  const hash = hashToken(text);
  await store.addApiToken({ ...token, hash }, entryOf(act, hash));
  return text;
}

function entryOf(act: Recorded | null, hash: string): AuditEntry | null {
  return act?.done({ tokenId: tokenIdOf(hash) }) ?? null;
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

/** A session ends so long after its login, whatever happens in it. */
export const SESSION_MS = 12 * 3_600_000;

/** Tokens looked up lately, so that a request costs no read of the store. */
const CACHE_SIZE = 1_000;

/** What a token's rights depend on beside itself. */
export interface People {
  user(number: number): Pick<UserRecord, "id" | "role" | "status"> | null;
  now(): number;
}

/** The account that every server begins with. */
const FIRST_USER = 1;

/** Who is asking, by `Authorization: Bearer TOKEN`. */
export class Authenticator {
  readonly #known = new Map<string, ApiTokenRecord>();

  readonly #store: Store;
  readonly #people: People;

  constructor(store: Store, people: People) {
    this.#store = store;
    this.#people = people;
  }

  async authenticate(request: Request): Promise<Authentication> {
    const header = request.headers.get("authorization");
    const token = /^Bearer (\S+)$/i.exec(header ?? "")?.[1];
    if (token === undefined) {
      return refused(header === null ? "no Authorization header" : "another kind of header");
    }
    const record = await this.#find(hashToken(token));
    if (record === null) return refused("a token that this server does not know");
    return this.#callerOf(record);
  }

  /** A token has at most the rights of its user, as they are now; one of nobody acts for the first administrator. */
  #callerOf(token: ApiTokenRecord): Authentication {
    const { role, name, hash, kind, user: number, expiresAt } = token;
    if (expiresAt !== null && expiresAt <= this.#people.now())
      return refused("one that has expired");
    const user = this.#people.user(number ?? FIRST_USER);
    if (number !== null && user === null) return refused("one of a user who is gone");
    if (number !== null && user?.status === "disable") return refused("one of a disabled account");
    const level = Math.max(role, number === null ? 0 : (user?.role ?? 3)) as RoleLevel;
    const isLimited = level > (user?.role ?? 0);
    const actor = { user: number ?? FIRST_USER, level, isLimited };
    const who = number === null ? name : (user?.id ?? name);
    return {
      ok: true,
      caller: { role: level, name: who, tokenHash: hash, tokenKind: kind, actor },
    };
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
      "Log in with `stint user login`, set STINT_TOKEN, or use the token that the server printed at its first start.",
    ),
  };
}

/** Takes back all tokens of these kinds that a user has. */
export async function removeTokensOf(
  store: Store,
  forget: (hash: string) => void,
  user: number,
  kinds: readonly ApiTokenKind[],
): Promise<void> {
  for (const token of await store.listApiTokens()) {
    if (token.user !== user || !kinds.includes(token.kind)) continue;
    await store.removeApiToken(token.hash, null);
    forget(token.hash);
  }
}

/** Sessions that are over are good for nothing. */
export async function removeEndedSessions(store: Store, now: number): Promise<void> {
  for (const { hash, kind, expiresAt } of await store.listApiTokens()) {
    if (kind === "session" && expiresAt !== null && expiresAt <= now) {
      await store.removeApiToken(hash, null);
    }
  }
}
