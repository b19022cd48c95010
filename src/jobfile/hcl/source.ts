import type { Position, Range } from "../tree.ts";

/** A half-open piece of the text, in UTF-16 units: what is passed around until a place must be told. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const NON_ASCII = /[^\0-\x7f]/;

/** A text with the table of its lines. */
export class Source {
  readonly text: string;
  readonly file: string;
  readonly #lineStarts: number[] = [0];
  readonly #isAscii: boolean;

  /** The text must be well-formed Unicode. */
  constructor(text: string, file: string) {
    this.text = text;
    this.file = file;
    this.#isAscii = !NON_ASCII.test(text);
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
      this.#lineStarts.push(at + 1);
    }
  }

  #lineOf(offset: number): number {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  position(offset: number): Position {
    const line = this.#lineOf(offset);
    const start = this.#lineStarts[line] ?? 0;
    const width = this.#isAscii ? offset - start : [...this.text.slice(start, offset)].length;
    return { line: line + 1, column: width + 1 };
  }

  range(span: Span): Range {
    const start = this.position(span.start);
    return { file: this.file, start, end: this.position(span.end) };
  }
}
