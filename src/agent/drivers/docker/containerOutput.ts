import { writeSync } from "node:fs";
import { newFrameSplitter } from "./frames.ts";

/** A container that has ended says nothing more, but a busy engine does not hand on at once what it holds. */
const QUIET_MAX_MS = 3_000;
const DISK_FULL_AGAIN_MS = 200;

export type TakeOutput = (stream: "stdout" | "stderr", bytes: Uint8Array) => void;

/** What a container says, as long as its engine hands it on. */
export class ContainerOutput {
  readonly #over: Promise<void>;
  readonly #reader: Pick<ReadableStreamDefaultReader<Uint8Array>, "read" | "cancel"> | undefined;
  #isOver = false;
  #takenAt = performance.now();

  /** `response` is the engine's answer to an attach. */
  constructor(response: Response, take: TakeOutput) {
    this.#reader = response.body?.getReader();
    this.#over = this.#pump(newFrameSplitter(take));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when everything was taken. To be used only for a stream that was there before the container began. */
  async whole(): Promise<void> {
    await this.#over;
  }

  /**
   * Resolves when everything was taken, or nothing comes any more. An engine ends no stream of a container that had ended
   * before it was attached to, since it may be started again.
   */
  async quiet(): Promise<void> {
    this.#takenAt = performance.now();
    while (!this.#isOver) {
      const restMs = this.#takenAt + QUIET_MAX_MS - performance.now();
      if (restMs <= 0) break;
      await Promise.race([this.#over, Bun.sleep(restMs)]);
    }
    await this.#reader?.cancel().catch(() => undefined);
  }

  async #pump(split: (chunk: Uint8Array) => void): Promise<void> {
    try {
      for (;;) {
        const read = await this.#reader?.read();
        if (read === undefined || read.done) break;
        split(read.value);
        this.#takenAt = performance.now();
      }
    } catch {
      // The engine went away; what was said meanwhile is not to be had.
    }
    this.#isOver = true;
  }
}

/** To this process's own output. A full disk holds the container up by its own pipe instead of losing what it says. */
export function writeOutput(stream: "stdout" | "stderr", bytes: Uint8Array): void {
  const file = stream === "stdout" ? 1 : 2;
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(file, bytes, done);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== "ENOSPC" && code !== "EDQUOT" && code !== "EAGAIN") return;
      Bun.sleepSync(DISK_FULL_AGAIN_MS);
    }
  }
}
