/** Wrong passwords of one user from one address, before there is a wait; and from one address for whatever users. */
const FREE_OF_USER = 5;
const FREE_OF_ADDRESS = 20;
/** The first wait; each further wrong password doubles it, up to the longest. */
const WAIT_FIRST_MS = 10_000;
const WAIT_MAX_MS = 300_000;
/** Without a wrong password for so long nothing is held against anybody. */
const FORGET_MS = 900_000;
/** What is remembered at a time; beyond it what was wrong longest ago is forgotten. */
const ENTRIES_MAX = 10_000;

interface Entry {
  failures: number;
  at: number;
}

/** A login that is being checked. One of `succeeded` and `undone` is called, or it was a failure. */
export interface LoginAttempt {
  /** Until when the next one has to wait if this one fails; null: it need not. */
  readonly nextFrom: number | null;
  succeeded(): void;
  /** It was not checked after all. */
  undone(): void;
}

/**
 * Slows down whoever guesses passwords. Counted are a user together with an address, and an address alone; a user alone is
 * not, since anybody could keep them out then. Nobody is kept out for good: the wait ends after five minutes at most, and
 * what is tried meanwhile does not prolong it. A login counts as failed from its beginning, so that many at once are counted
 * too.
 */
export class LoginLimit {
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  /** `address` null: not known. A number is the time from which the login may be tried again. */
  begin(userId: string, address: string | null, now: number): LoginAttempt | number {
    const place = networkOf(address ?? "");
    const counted = [
      { key: JSON.stringify([place, userId.toLowerCase()]), free: FREE_OF_USER },
      { key: JSON.stringify([place]), free: FREE_OF_ADDRESS },
    ] as const;
    const from = latest(counted.map(({ key, free }) => this.#waitOf(key, free, now)));
    if (from !== null) return from;
    const before = counted.map(({ key }) => this.#count(key, now));
    const nextFrom = latest(counted.map(({ key, free }) => this.#waitOf(key, free, now)));
    const [ofUser, ofAddress] = counted;
    const takeBack = (key: string): void => {
      const entry = this.#entries.get(key);
      if (entry === undefined) return;
      entry.failures -= 1;
      entry.at = before[key === ofUser.key ? 0 : 1] ?? entry.at;
      if (entry.failures <= 0) this.#entries.delete(key);
    };
    return {
      nextFrom,
      succeeded: () => {
        this.#entries.delete(ofUser.key);
        // The address's other failures stay: an account of one's own does not wash off guesses at others'.
        takeBack(ofAddress.key);
      },
      undone: () => {
        for (const { key } of counted) takeBack(key);
      },
    };
  }

  /** Null: no wait. */
  #waitOf(key: string, free: number, now: number): number | null {
    const entry = this.#entries.get(key);
    if (entry === undefined || now - entry.at >= FORGET_MS || entry.failures < free) return null;
    const from = entry.at + Math.min(WAIT_MAX_MS, WAIT_FIRST_MS * 2 ** (entry.failures - free));
    return from > now ? from : null;
  }

  /** Answers when the failure before it was. */
  #count(key: string, now: number): number {
    const known = this.#entries.get(key);
    const isOld = known !== undefined && now - known.at >= FORGET_MS;
    const entry = known === undefined || isOld ? { failures: 0, at: now } : known;
    const before = entry.at;
    entry.failures += 1;
    entry.at = now;
    // Moved to the end: what stands first was wrong longest ago.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const oldest = this.#entries.keys().next().value;
    if (this.#entries.size > ENTRIES_MAX && oldest !== undefined) this.#entries.delete(oldest);
    return before;
  }
}

function latest(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.max(...known);
}

const GROUPS = 8;
const NETWORK_GROUPS = 4;

/** Of IPv6 the first 64 bits, all of which one machine may have; an IPv4 address as it is, in IPv6's writing too. */
export function networkOf(address: string): string {
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (mapped !== undefined) return mapped;
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.toLowerCase().split("%")[0]?.split("::") ?? [];
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: Math.max(0, GROUPS - first.length - last.length) }, () => "0");
  return [...first, ...zeros, ...last].slice(0, NETWORK_GROUPS).join(":");
}
