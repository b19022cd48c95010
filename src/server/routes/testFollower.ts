import { expect } from "bun:test";
import type { TestApi } from "./testApi.ts";

/** Headers of somebody who wants events, from the beginning or from a place on. */
export const streamed = (place: string | null) => ({
  headers: {
    authorization: "Bearer 0",
    accept: "text/event-stream",
    ...(place === null ? {} : { "last-event-id": place }),
  },
});

/** One connection of somebody who takes up the stream where it broke. */
export class Follower {
  readonly #frames: AsyncIterator<string>;
  place: string | null;
  text = "";
  isAtEnd = false;

  private constructor(body: ReadableStream<Uint8Array>, place: string | null) {
    this.#frames = framesOf(body);
    this.place = place;
  }

  static async open(api: TestApi, path: string, place: string | null = null): Promise<Follower> {
    const response = await api.request("GET", path, undefined, streamed(place));
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    if (response.body === null) throw new Error(`Expected a body of ${path}.`);
    return new Follower(response.body, place);
  }

  async until(suffix: string): Promise<this> {
    while (!this.text.endsWith(suffix)) {
      if (!(await this.#more())) throw new Error(`Expected ${suffix} at the end of ${this.text}.`);
    }
    return this;
  }

  async untilLength(length: number): Promise<void> {
    while (this.text.length < length) await this.#more();
  }

  /** Until it is known where the stream begins, of one that tells. */
  async untilPlaced(): Promise<this> {
    while (this.place === null) {
      if (!(await this.#more())) throw new Error("Expected a place before the end.");
    }
    return this;
  }

  /** Breaks the connection; the place to go on from. */
  async leave(): Promise<string | null> {
    await this.#frames.return?.();
    return this.place;
  }

  async toEnd(): Promise<string> {
    while (await this.#more());
    expect(this.isAtEnd).toBe(true);
    return this.text;
  }

  async #more(): Promise<boolean> {
    const { done, value: frame } = await this.#frames.next();
    if (done === true) return false;
    if (frame.startsWith("event: end\n")) this.isAtEnd = true;
    const match = /^(event: place\n)?id: (\S+)\ndata: (\S*)$/.exec(frame);
    if (match === null) return true;
    const [, isPlace, place = null, data = ""] = match;
    this.place = place;
    if (isPlace === undefined) this.text += Buffer.from(data, "base64").toString();
    return true;
  }
}

async function* framesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) {
    const frames = (text + decoder.decode(chunk, { stream: true })).split("\n\n");
    text = frames.pop() ?? "";
    yield* frames;
  }
}
