/** What a machine can be asked for the time, both in milliseconds. */
export interface TimeSource {
  /** Since 1970; may be set at any time, forwards or back. */
  wall(): number;
  /** Since any instant of this life; never goes back. */
  monotonic(): number;
}

/** How fast the clock goes while wall time is behind it: it gets rid of its lead, and no wait is much longer for it. */
export const SLOW_RATE = 0.9;

/**
 * The server's time: wall time that neither goes back nor stands still. Set back, the machine's clock is waited for at
 * nine tenths of the pace of time; set forwards, it is followed at once.
 */
export class Clock {
  readonly #source: TimeSource;
  #time: number;
  #readAt: number;

  constructor(source: TimeSource) {
    this.#source = source;
    this.#time = source.wall();
    this.#readAt = source.monotonic();
  }

  /** Whole milliseconds since 1970. */
  now(): number {
    const wall = this.#source.wall();
    const readAt = this.#source.monotonic();
    const leastMs = (readAt - this.#readAt) * SLOW_RATE;
    this.#readAt = readAt;
    this.#time = Math.max(wall, this.#time + leastMs);
    return Math.floor(this.#time);
  }

  /** Goes on from there, if that is later: what an earlier life has stored lies in the past. */
  advanceTo(time: number): void {
    this.#time = Math.max(time, this.now());
  }

  /** How far it is ahead of wall time. */
  leadMs(): number {
    return Math.max(0, this.now() - this.#source.wall());
  }
}
