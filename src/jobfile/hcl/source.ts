import type { Position, Range } from "../tree.ts";

/** A half-open piece of the text, in UTF-16 units: what is passed around until a place must be told. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** How many of the sorted numbers are below the limit. */
function countBelow(sorted: readonly number[], limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A text with the table of its lines. */
export class Source {
  readonly text: string;
  readonly file: string;
  readonly #lineStarts: number[] = [0];
  /** Where the second halves of characters beyond U+FFFF stand: they add no column. */
  readonly #secondHalves: number[] = [];

  /** The text must be well-formed Unicode. */
  constructor(text: string, file: string) {
    this.text = text;
    this.file = file;
    for (const { index } of text.matchAll(/[\uDC00-\uDFFF]/g)) this.#secondHalves.push(index);
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
      this.#lineStarts.push(at + 1);
    }
  }

  position(offset: number): Position {
    const line = countBelow(this.#lineStarts, offset + 1);
    const start = this.#lineStarts[line - 1] ?? 0;
    const before = countBelow(this.#secondHalves, offset) - countBelow(this.#secondHalves, start);
    return { line, column: offset - start - before + 1 };
  }

  range(span: Span): Range {
    const start = this.position(span.start);
    return { file: this.file, start, end: this.position(span.end) };
  }
}
