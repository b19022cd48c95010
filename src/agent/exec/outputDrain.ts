/**
 * A process that has left the session may hold its output open for ever, and write to it: once the command has ended, what
 * is left of its output is waited for only as long as some comes, and not for ever.
 */
const QUIET_MAX_MS = 1_000;
/** Without the time in which it was whoever reads that was waited for. */
const WAITED_MAX_MS = 3_000;
/** More than pipes, sockets and this process hold of a command that has ended. */
const LEFT_MAX_BYTES = 16 * 1024 * 1024;
const LOOK_AGAIN_MS = 20;
/** A machine that stood still for longer has not waited. */
const LOOK_COUNTED_MAX_MS = 5 * LOOK_AGAIN_MS;

export type TakeOutput = (stream: "stdout" | "stderr", bytes: Uint8Array) => Promise<void>;

/** Takes what a command writes, and knows whether more is likely to come. */
export class OutputDrain {
  readonly #take: TakeOutput;
  readonly #quietMaxMs: number;
  #waiting = 0;
  #takenBytes = 0;
  #isAbandoned = false;

  constructor(take: TakeOutput, quietMaxMs = QUIET_MAX_MS) {
    this.#take = take;
    this.#quietMaxMs = quietMaxMs;
  }

  async take(stream: "stdout" | "stderr", bytes: Uint8Array): Promise<void> {
    if (this.#isAbandoned) return;
    this.#waiting += 1;
    try {
      await this.#take(stream, bytes);
    } finally {
      this.#waiting -= 1;
      this.#takenBytes += bytes.byteLength;
    }
  }

  /** Nobody wants it any more. */
  abandon(): void {
    this.#isAbandoned = true;
  }

  /** After the end of the command: resolves when `all` has come, nothing more does, or it has been enough. */
  async finished(all: Promise<unknown>): Promise<void> {
    let isDone = false;
    const done = all
      .catch(() => undefined)
      .then(() => {
        isDone = true;
      });
    const limitBytes = this.#takenBytes + LEFT_MAX_BYTES;
    let [takenBytes, quietMs, waitedMs, lookedAt] = [this.#takenBytes, 0, 0, performance.now()];
    await Promise.race([done, Bun.sleep(LOOK_AGAIN_MS)]);
    while (!isDone && !this.#isAbandoned && this.#takenBytes < limitBytes) {
      const passedMs = Math.min(performance.now() - lookedAt, LOOK_COUNTED_MAX_MS);
      lookedAt = performance.now();
      if (this.#waiting > 0 || this.#takenBytes > takenBytes) quietMs = 0;
      else quietMs += passedMs;
      if (this.#waiting === 0) waitedMs += passedMs;
      takenBytes = this.#takenBytes;
      if (quietMs > this.#quietMaxMs || waitedMs > WAITED_MAX_MS) return;
      await Bun.sleep(LOOK_AGAIN_MS);
    }
  }
}
