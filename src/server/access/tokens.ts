import { createHash, randomBytes } from "node:crypto";
import type { RoleLevel, UserRecord } from "../../model/fleet/person.ts";
import { requestError } from "../../model/requestError.ts";
import type { ApiTokenRecord, JoinTokenRecord, Store } from "../../store/store.ts";
import type { Authentication } from "../routes/context.ts";

/** Tokens are kept as their SHA-256 only: they are random, so nothing slower is needed. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** 256 bits, with a prefix that tells people and scanners what it is. */
export function newToken(kind: "api" | "join" | "session"): string {
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
  kind: "api" | "session" = "api",
): Promise<string> {
  const text = newToken(kind);
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
  #callerOf({ role, name, hash, user: number, expiresAt }: ApiTokenRecord): Authentication {
    if (expiresAt !== null && expiresAt <= this.#people.now())
      return refused("one that has expired");
    const user = this.#people.user(number ?? FIRST_USER);
    if (number !== null && user === null) return refused("one of a user who is gone");
    if (number !== null && user?.status === "disable") return refused("one of a disabled account");
    const level = Math.max(role, number === null ? 0 : (user?.role ?? 3)) as RoleLevel;
    const actor = { user: number ?? FIRST_USER, level };
    const who = number === null ? name : (user?.id ?? name);
    return { ok: true, caller: { role: level, name: who, tokenHash: hash, actor } };
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

/** Takes back all sessions of a user; tokens that were made to stay are not among them. */
export async function endSessions(
  store: Store,
  forget: (hash: string) => void,
  user: number,
): Promise<void> {
  for (const { hash, user: of, expiresAt } of await store.listApiTokens()) {
    if (of !== user || expiresAt === null) continue;
    await store.removeApiToken(hash);
    forget(hash);
  }
}
