/** By whom: a login, a user's access key, an API token of nobody in particular, or nobody who is known. */
export type AuditActorKind = "user" | "key" | "token" | "nobody";

export interface AuditActor {
  readonly kind: AuditActorKind;
  /** The user's id as it was then, or the token's name; empty: nobody. */
  readonly id: string;
  /** By which lists name the token; null: a login, or nobody. */
  readonly tokenId: string | null;
}

/** What JSON can say. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** What somebody did, or was not permitted to do. Never a password, a token or the content of a script. */
export interface AuditEntry {
  /** As `2026-11-21T03:20:00.000Z`. */
  readonly time: string;
  readonly by: AuditActor;
  /** From where, as the server sees it; null: not known. */
  readonly address: string | null;
  /** The request's id, as in its answer and in the server's log. */
  readonly requestId: string;
  /** The endpoint, as `PATCH /nodes/{nodeId}`. */
  readonly action: string;
  /** What the path names, as `{"nodeId":"linux01"}`. */
  readonly object: { readonly [key: string]: Json };
  /** What was asked for; secrets are left out, and long or sensitive bodies are their digest. */
  readonly details: { readonly [key: string]: Json };
  readonly outcome: "done" | "refused";
  /** Of the refusal; null: it was done. */
  readonly code: string | null;
  /** What came of it, as the number of a task instance. */
  readonly result: { readonly [key: string]: Json };
}

/** An entry in its place in the chain. */
export interface AuditRecord extends AuditEntry {
  /** From 1, without a gap. */
  readonly number: number;
  /** The hash of the record before; of the first NO_HASH. */
  readonly previous: string;
  /** SHA-256 of the canonical text of everything else, in lower-case hexadecimal. */
  readonly hash: string;
}

/** SHA-256 of a text's UTF-8, in lower-case hexadecimal. */
export type Sha256 = (text: string) => string;

/** What the first record has before it. */
export const NO_HASH = "0".repeat(64);

/** Where a chain ends. */
export interface AuditHead {
  /** 0: it is empty. */
  readonly number: number;
  readonly hash: string;
}

export const EMPTY_CHAIN: AuditHead = { number: 0, hash: NO_HASH };

/**
 * The one text of a value: members sorted by their names' UTF-16 code units, no blanks, strings and numbers as
 * JSON.stringify writes them (RFC 8785).
 */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalText(member)}`);
  return `{${members.join(",")}}`;
}

/** The entry as the next record of the chain. */
export function chained(
  entry: AuditEntry,
  { number, hash }: AuditHead,
  sha256: Sha256,
): AuditRecord {
  const record = { ...entry, number: number + 1, previous: hash };
  return { ...record, hash: sha256(canonicalText(record)) };
}

/** Why the chain does not hold, and where. */
export interface AuditBreak {
  /** Counted from 1, in the text that was read. */
  readonly line: number;
  /** That the record has, or should have. */
  readonly number: number;
  readonly reason: string;
}

/**
 * Checks a chain line by line, each the canonical text of a record. It may begin anywhere: then what is before its first
 * record is not vouched for. `known` is a head that somebody kept: it has to be in the chain, so that a chain that was made
 * anew or cut off at its end is found too. Null: nobody kept one.
 */
export class AuditVerifier {
  readonly #sha256: Sha256;
  readonly #known: AuditHead | null;
  #head: AuditHead | null = null;
  #lines = 0;
  #first = 0;

  constructor(sha256: Sha256, known: AuditHead | null = null) {
    this.#sha256 = sha256;
    this.#known = known;
  }

  /** Of the records so far. */
  get head(): AuditHead {
    return this.#head ?? EMPTY_CHAIN;
  }

  /** Number of the first record; 0: there was none. */
  get first(): number {
    return this.#first;
  }

  get count(): number {
    return this.#lines;
  }

  /** Null: the chain holds up to this line. Nothing is to be added after a break. */
  add(line: string): AuditBreak | null {
    this.#lines += 1;
    const expected = this.#head === null ? null : this.#head.number + 1;
    const broken = (reason: string, at = expected ?? this.#lines): AuditBreak => ({
      line: this.#lines,
      number: at,
      reason,
    });
    const record = parsed(line);
    if (record === null) return broken("expected a record, and found something else");
    const { number, previous, hash } = record;
    if (canonicalText(record) !== line) {
      return broken("expected its canonical text, and found it written another way", number);
    }
    if (expected !== null && number !== expected) {
      return broken(`expected record ${expected} here, and found record ${number}`);
    }
    const before = this.#head?.hash ?? (number === 1 ? NO_HASH : previous);
    if (previous !== before) {
      return broken(
        `expected the hash ${before} of the record before, and found ${previous}`,
        number,
      );
    }
    const { hash: _, ...content } = record;
    const own = this.#sha256(canonicalText(content));
    if (hash !== own) {
      return broken(`expected the hash ${own} of its content, and found ${hash}`, number);
    }
    const kept = this.#known?.number === number ? this.#known.hash : hash;
    if (hash !== kept) {
      return broken(`expected the hash ${kept} that was kept of it, and found ${hash}`, number);
    }
    this.#head = { number, hash };
    if (this.#first === 0) this.#first = number;
    return null;
  }

  /** After the last line; null: the whole chain holds. */
  end(): AuditBreak | null {
    const known = this.#known?.number ?? 0;
    const isThere = known === 0 || (known >= this.#first && known <= this.head.number);
    if (isThere) return null;
    const found = this.#first === 0 ? "none" : `records ${this.#first} to ${this.head.number}`;
    const reason = `expected record ${known}, of which the hash was kept, and found ${found}`;
    return { line: this.#lines + 1, number: known, reason };
  }
}

function parsed(line: string): AuditRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { number, previous, hash } = value as Partial<AuditRecord>;
  const isRecord =
    Number.isSafeInteger(number) && typeof previous === "string" && typeof hash === "string";
  return isRecord ? (value as AuditRecord) : null;
}
