import { Unavailable } from "../routes/context.ts";

/** Each hash takes as much memory: of a flood of logins only so many are worked on at once. */
const CONCURRENT_MAX = 2;
/** A second or two of work; of a longer queue nobody would wait for the end. */
const WAITING_MAX = 50;
const RETRY_MS = 2_000;

/** What a hash takes. */
export interface PasswordCost {
  readonly memoryKib: number;
  readonly passes: number;
}

/** OWASP's argon2id figures for 19 MiB; a login takes some 30 ms. */
export const PASSWORD_COST: PasswordCost = { memoryKib: 19_456, passes: 2 };

/** Hashes and checks passwords, a bounded number at a time. */
export class Passwords {
  readonly #cost: PasswordCost;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  /** What an unknown user's password is checked against, so that the time does not tell who there is. */
  readonly #decoy: Promise<string>;

  constructor(cost: PasswordCost) {
    this.#cost = cost;
    this.#decoy = this.hash(crypto.randomUUID());
  }

  /** Here and below: rejects with Unavailable when too many wait. */
  hash(password: string): Promise<string> {
    const { memoryKib, passes } = this.#cost;
    const cost = { algorithm: "argon2id", memoryCost: memoryKib, timeCost: passes } as const;
    return this.#bounded(() => Bun.password.hash(password, cost));
  }

  /** `hash` null: the user is unknown, or has no password. */
  async isRight(password: string, hash: string | null): Promise<boolean> {
    const against = hash ?? (await this.#decoy);
    const isSame = await this.#bounded(() => Bun.password.verify(password, against));
    return isSame && hash !== null;
  }

  async #bounded<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#running >= CONCURRENT_MAX) {
      if (this.#waiting.length >= WAITING_MAX) {
        throw new Unavailable(`More than ${WAITING_MAX} passwords wait for their check.`, RETRY_MS);
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
