const CARRIAGE_RETURN = 13;
const LINE_FEED = 10;
const CLOSE = ".".charCodeAt(0);

/** What was typed, as far as it is meant for the command. */
export interface Typed {
  readonly bytes: Uint8Array;
  /** The escape that ends the session was typed. */
  readonly isClosed: boolean;
}

/**
 * Finds `~.` at the beginning of a line in what a person types, which ends the session; `~~` is one `~`, and any other
 * character behind a `~` makes both of them ordinary ones, as in ssh.
 */
export class EscapeFilter {
  readonly #escape: number | null;
  #isLineStart = true;
  #isEscaped = false;

  /** Null: nothing is an escape. */
  constructor(character: string | null) {
    this.#escape = character === null ? null : character.charCodeAt(0);
  }

  take(typed: Uint8Array): Typed {
    const start = this.#escape;
    if (start === null) return { bytes: typed, isClosed: false };
    const bytes: number[] = [];
    for (const byte of typed) {
      if (this.#isEscaped) {
        this.#isEscaped = false;
        if (byte === CLOSE) return { bytes: new Uint8Array(bytes), isClosed: true };
        if (byte !== start) bytes.push(start);
      } else if (this.#isLineStart && byte === start) {
        this.#isEscaped = true;
        continue;
      }
      bytes.push(byte);
      this.#isLineStart = byte === CARRIAGE_RETURN || byte === LINE_FEED;
    }
    return { bytes: new Uint8Array(bytes), isClosed: false };
  }
}
