/** Each hash takes as much memory: of a flood of logins only so many are worked on at once. */
const CONCURRENT_MAX = 2;
/** OWASP's argon2id figures for 19 MiB; a login takes some 30 ms. */
const COST = { algorithm: "argon2id", memoryCost: 19_456, timeCost: 2 } as const;

/** Hashes and checks passwords, a bounded number at a time. */
export class Passwords {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  /** What an unknown user's password is checked against, so that the time does not tell who there is. */
  readonly #decoy = this.hash(crypto.randomUUID());

  hash(password: string): Promise<string> {
    return this.#bounded(() => Bun.password.hash(password, COST));
  }

  /** `hash` null: the user is unknown, or has no password. */
  async isRight(password: string, hash: string | null): Promise<boolean> {
    const against = hash ?? (await this.#decoy);
    const isSame = await this.#bounded(() => Bun.password.verify(password, against));
    return isSame && hash !== null;
  }

  async #bounded<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#running >= CONCURRENT_MAX) {
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
