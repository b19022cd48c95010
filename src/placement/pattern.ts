/** A regular expression of a job, found anywhere in a text. */
export interface Pattern {
  test(text: string): boolean;
}

/** Null: not a regular expression. */
export function compilePattern(text: string): Pattern | null {
  try {
    return new RegExp(text);
  } catch {
    return null;
  }
}
