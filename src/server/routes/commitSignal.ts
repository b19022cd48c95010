import type { CommittedEvents } from "./context.ts";

/** Waits for commits without losing one between a look and a wait: take `count`, look, then wait for more than it. */
export class CommitSignal {
  #count = 0;
  #wake: (() => void) | null = null;
  readonly #unsubscribe: () => void;

  constructor(events: CommittedEvents) {
    this.#unsubscribe = events.subscribe(() => {
      this.#count += 1;
      this.#wake?.();
    });
  }

  /** Commits seen so far. */
  get count(): number {
    return this.#count;
  }

  /** Resolves true once there is a commit after `count`, false when the time is over first. */
  async after(count: number, timeoutMs: number): Promise<boolean> {
    if (this.#count > count) return true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    this.#wake = resolve;
    await promise;
    this.#wake = null;
    clearTimeout(timer);
    return this.#count > count;
  }

  close(): void {
    this.#unsubscribe();
    this.#wake?.();
  }
}
