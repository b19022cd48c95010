export interface PacedSenderParts<Frame> {
  /** False: the connection is of no use any more. */
  readonly send: (frame: Frame) => boolean;
  /** Bytes that the connection has taken and not sent yet. */
  readonly bufferedBytes: () => number;
  /** Calls back after a moment, in which the connection may have sent some. */
  readonly later: (look: () => void) => void;
}

/** Between looks whether a connection has sent something of what it holds. */
export const PACE_MS = 5;
/** Beyond this nothing bulky goes to a connection, so that ordinary messages never wait behind more. */
export const PACED_BUFFER_MAX_BYTES = 256 * 1024;

/**
 * Sends what is bulky over a connection that has more important things to carry: in order, and only while little is
 * buffered. Whoever sends waits, or is known never to have much under way.
 */
export class PacedSender<Frame> {
  readonly #parts: PacedSenderParts<Frame>;
  readonly #waiting: { frame: Frame; done: (isSent: boolean) => void }[] = [];
  #isLooking = false;
  #isClosed = false;

  constructor(parts: PacedSenderParts<Frame>) {
    this.#parts = parts;
  }

  /** Resolves when the connection has taken it: true; false: it never will. */
  send(frame: Frame): Promise<boolean> {
    if (this.#isClosed) return Promise.resolve(false);
    if (this.#waiting.length === 0 && this.#isFree()) {
      return Promise.resolve(this.#parts.send(frame));
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting.push({ frame, done: resolve });
    this.#look();
    return promise;
  }

  close(): void {
    this.#isClosed = true;
    for (const { done } of this.#waiting.splice(0)) done(false);
  }

  #isFree(): boolean {
    return this.#parts.bufferedBytes() < PACED_BUFFER_MAX_BYTES;
  }

  #look(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#parts.later(() => {
      this.#isLooking = false;
      while (this.#waiting.length > 0 && this.#isFree()) {
        const next = this.#waiting.shift();
        next?.done(this.#parts.send(next.frame));
      }
      if (this.#waiting.length > 0) this.#look();
    });
  }
}
