/** Keeps the first bytes of what is said, and takes the rest without keeping it. */
export class OutputHead {
  readonly #maxBytes: number;
  readonly #chunks: Uint8Array[] = [];
  #sizeBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  take(bytes: Uint8Array): void {
    const kept = bytes.slice(0, this.#maxBytes - this.#sizeBytes);
    if (kept.length === 0) return;
    this.#chunks.push(kept);
    this.#sizeBytes += kept.length;
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}
