export type SplitCommandLine =
  | { readonly ok: true; readonly words: readonly string[] }
  /** The reason is a sentence. */
  | { readonly ok: false; readonly reason: string };

/** In double quotes a backslash is itself before any other character (POSIX shell, 2.2.3). */
const ESCAPED_IN_DOUBLE_QUOTES = new Set(["$", "`", '"', "\\", "\n"]);
const BLANK = new Set([" ", "\t", "\n", "\r"]);

/**
 * Splits a command line into words by the quoting rules of the POSIX shell - single quotes, double quotes, backslash -
 * and does nothing else: no variables, patterns, pipes or comments.
 */
export function splitCommandLine(text: string): SplitCommandLine {
  const words: string[] = [];
  // Null between words: `''` is a word, nothing is not.
  let word: string | null = null;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (BLANK.has(character)) {
      if (word !== null) words.push(word);
      word = null;
      continue;
    }
    const piece = readPiece(text, at);
    if (piece === null) return { ok: false, reason: unbalanced(character, at) };
    word = (word ?? "") + piece.value;
    at = piece.end;
  }
  if (word !== null) words.push(word);
  if (words.length === 0)
    return { ok: false, reason: "Expected a command line that names a program, and it is empty." };
  if (words.some((each) => each.includes("\0"))) {
    return { ok: false, reason: "Expected a command line without NUL characters." };
  }
  return { ok: true, words };
}

function unbalanced(character: string, at: number): string {
  if (character === "\\")
    return "Expected a character behind the backslash that ends the command line.";
  const name = character === "'" ? "single" : "double";
  return `Expected a command line of balanced quotes: the ${name} quote at position ${at + 1} is not closed.`;
}

interface Piece {
  readonly value: string;
  /** Position of its last character. */
  readonly end: number;
}

/** A character, an escaped character or a quoted text; null when it is not complete. */
function readPiece(text: string, at: number): Piece | null {
  const character = text.charAt(at);
  switch (character) {
    case "'": {
      const end = text.indexOf("'", at + 1);
      return end < 0 ? null : { value: text.slice(at + 1, end), end };
    }
    case '"':
      return readDoubleQuoted(text, at);
    case "\\":
      if (at + 1 >= text.length) return null;
      // A line end after a backslash joins the lines.
      return { value: text[at + 1] === "\n" ? "" : text.charAt(at + 1), end: at + 1 };
  }
  return { value: character, end: at };
}

function readDoubleQuoted(text: string, start: number): Piece | null {
  let value = "";
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') return { value, end: at };
    const next = text.charAt(at + 1);
    if (character === "\\" && ESCAPED_IN_DOUBLE_QUOTES.has(next)) {
      if (next !== "\n") value += next;
      at += 1;
    } else {
      value += character;
    }
  }
  return null;
}
