/**
 * A process that left the session may hold its output open for ever: once the command has ended, what is left of its
 * output is waited for only as long as some comes.
 */
const QUIET_MAX_MS = 1_000;
const LOOK_AGAIN_MS = 20;

/** Takes what a command writes, and knows whether more is likely to come. */
export class OutputDrain {
  readonly #take: (stream: "stdout" | "stderr", bytes: Uint8Array) => Promise<void>;
  #waiting = 0;
  #takenAt = 0;

  constructor(take: (stream: "stdout" | "stderr", bytes: Uint8Array) => Promise<void>) {
    this.#take = take;
  }

  async take(stream: "stdout" | "stderr", bytes: Uint8Array): Promise<void> {
    this.#waiting += 1;
    await this.#take(stream, bytes);
    this.#waiting -= 1;
    this.#takenAt = performance.now();
  }

  /** After the end of the command: resolves when `all` has come, or nothing more does. */
  async finished(all: Promise<unknown>): Promise<void> {
    let isDone = false;
    void all.finally(() => {
      isDone = true;
    });
    const begunAt = performance.now();
    while (!isDone) {
      const quietMs = performance.now() - Math.max(begunAt, this.#takenAt);
      if (this.#waiting === 0 && quietMs > QUIET_MAX_MS) return;
      await Promise.race([all, Bun.sleep(LOOK_AGAIN_MS)]).catch(() => undefined);
    }
  }
}
