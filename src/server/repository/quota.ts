import { refuse } from "../routes/refusal.ts";

/** Room of one upload, taken from the quota as it grows. */
export interface Reservation {
  /** Throws RepositoryFull when there is no room. */
  growTo(sizeBytes: number): void;
  /** So much of it is stored, and stays. */
  keep(sizeBytes: number): void;
  /** Gives back what was not kept; a second call does nothing. */
  release(): void;
}

/** How much the repository holds, what is being uploaded included, so that uploads at once cannot exceed it together. */
export class Quota {
  readonly #mostBytes: number;
  #takenBytes: number;

  constructor(mostBytes: number, storedBytes: number) {
    this.#mostBytes = mostBytes;
    this.#takenBytes = storedBytes;
  }

  reserve(): Reservation {
    let ownBytes = 0;
    return {
      growTo: (sizeBytes) => {
        const moreBytes = sizeBytes - ownBytes;
        if (moreBytes <= 0) return;
        if (this.#takenBytes + moreBytes > this.#mostBytes) throw this.#full(ownBytes, sizeBytes);
        this.#takenBytes += moreBytes;
        ownBytes = sizeBytes;
      },
      keep: (sizeBytes) => {
        ownBytes -= sizeBytes;
      },
      release: () => {
        this.#takenBytes -= ownBytes;
        ownBytes = 0;
      },
    };
  }

  /** A file of this size is there no longer. */
  free(sizeBytes: number): void {
    this.#takenBytes -= sizeBytes;
  }

  #full(ownBytes: number, wantedBytes: number) {
    const leftBytes = Math.max(0, this.#mostBytes - this.#takenBytes + ownBytes);
    return refuse(
      "RepositoryFull",
      `Expected a file of at most ${leftBytes} bytes, which the repository of ${this.#mostBytes} bytes has left, and got ${wantedBytes} or more; nothing was stored.`,
      "Wait until files expire, send less, or start the server with a larger --file-quota.",
      { expected: `at most ${leftBytes} bytes`, given: String(wantedBytes) },
    );
  }
}
