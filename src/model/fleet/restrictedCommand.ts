import type { Stamps } from "./person.ts";

/** A restricted command's number, from 1, never reused. */
export type RestrictedCommandNumber = number;

/** `risk`: shown to whoever asks for an approval and decides it. `forbidden`: no approval is given (OPMATE 6.7). */
export type RestrictedClass = "risk" | "forbidden";

/** A command that scripts of definitions had better not, or must not, hold. */
export interface RestrictedCommandRecord extends Stamps {
  readonly number: RestrictedCommandNumber;
  /** The word itself, as scripts write it. */
  readonly id: string;
  readonly class: RestrictedClass;
  readonly description: string;
}

/** A place of a script where a restricted command stands. */
export interface RestrictedFinding {
  readonly word: string;
  readonly class: RestrictedClass;
  /** From 1. */
  readonly line: number;
  /** In characters, from 1; of a path or an assignment, where that begins. */
  readonly column: number;
}

const WORD = /^[^\s;&|()<>`{}[\],"'\\#$=/]{1,64}$/u;

/** Null: the text can be registered. Others would never be found in a script. */
export function restrictedWordMistake(word: string): string | null {
  if (WORD.test(word)) return null;
  return `Expected one word of at most 64 characters without blanks, quotes, "/", "=", "#", "$", "\\" and the signs ; & | ( ) < > \` { } [ ] , given ${JSON.stringify(word)}.`;
}

/** All places of the script, in their order. Upper and lower case are different, as they are for those who run it. */
export function findRestricted(
  script: string,
  restricted: Iterable<Pick<RestrictedCommandRecord, "id" | "class">>,
): RestrictedFinding[] {
  const classes = new Map([...restricted].map((record) => [record.id, record.class]));
  if (classes.size === 0) return [];
  const places = new Places(script);
  const found: RestrictedFinding[] = [];
  for (const { text, at } of scriptWords(script)) {
    const word = candidatesOf(text).find((candidate) => classes.has(candidate));
    const wordClass = word === undefined ? undefined : classes.get(word);
    if (word === undefined || wordClass === undefined) continue;
    found.push({ word, class: wordClass, ...places.of(at) });
  }
  return found;
}

/** `CMD=/bin/rm` is `rm` too, once the shell has read it: what is behind an assignment, and a path's last part. */
function candidatesOf(text: string): string[] {
  const assigned = text.slice(text.indexOf("=") + 1);
  return [text, assigned, assigned.slice(assigned.lastIndexOf("/") + 1)];
}

interface ScriptWord {
  /** Without its quotes and escapes. */
  readonly text: string;
  /** Index of its first character, a quote too. */
  readonly at: number;
}

const SEPARATORS = new Set(" \t\r\n;&|()<>`{}[],");
const ESCAPED_IN_QUOTES = new Set('$`"\\\n');

/**
 * The words of a script by the rules of a shell: blanks, line ends and the shell's operators part them, quotes and backslashes
 * are taken off, what is behind a `#` at the beginning of a word is a comment and left out. Quoted text is parted as well,
 * because a shell may be given it (`sh -c "rm -r x"`), and so are here-documents, in which nothing is a comment. Languages
 * with the same quotes and comments (Python, Perl, Ruby) are read alike.
 */
export function* scriptWords(script: string): Generator<ScriptWord, void> {
  let quote = "";
  let text = "";
  let begun = -1;
  /** Ends of here-documents that begin with the next line. */
  let ends: string[] = [];
  let at = 0;
  while (at < script.length) {
    const character = script[at] ?? "";
    const isWithin = begun >= 0;
    if (character === "#" && quote === "" && !isWithin) {
      at = lineEnd(script, at);
      continue;
    }
    const isSeparator = SEPARATORS.has(character) && !(character === "{" && text.endsWith("$"));
    if (isSeparator) {
      if (isWithin && text !== "") yield { text, at: begun };
      [text, begun] = ["", -1];
      if (quote === "" && script.startsWith("<<", at)) {
        const { end, next } = hereDocument(script, at);
        if (end !== null) ends.push(end);
        at = next;
        continue;
      }
      at += 1;
      if (character !== "\n" || quote !== "" || ends.length === 0) continue;
      for (const end of ends) at = yield* documentWords(script, at, end);
      ends = [];
      continue;
    }
    if (!isWithin) begun = at;
    if (character === "\\" && quote !== "'") {
      const next = script[at + 1] ?? "";
      if (quote === '"' && !ESCAPED_IN_QUOTES.has(next)) text += character;
      // A line that goes on: the two halves are one word.
      if (next !== "\n") text += next;
      else if (text === "") begun = -1;
      at += 2;
      continue;
    }
    if (character === quote) quote = "";
    else if (quote === "" && (character === "'" || character === '"')) quote = character;
    else text += character;
    at += 1;
  }
  if (begun >= 0 && text !== "") yield { text, at: begun };
}

function lineEnd(script: string, at: number): number {
  const end = script.indexOf("\n", at);
  return end < 0 ? script.length : end;
}

/** The word that ends a here-document which begins here; null: it is a here-string, or something else. */
function hereDocument(script: string, at: number): { end: string | null; next: number } {
  const match = /^<<-?[ \t]*(?:\\?([A-Za-z_]\w*)|'([^'\n]+)'|"([^"\n]+)")/.exec(
    script.slice(at, at + 256),
  );
  if (match === null) return { end: null, next: script.startsWith("<<<", at) ? at + 3 : at + 2 };
  return { end: match[1] ?? match[2] ?? match[3] ?? null, next: at + match[0].length };
}

/** The words of the document's lines; answers where the script goes on. */
function* documentWords(script: string, start: number, end: string): Generator<ScriptWord, number> {
  let at = start;
  while (at < script.length) {
    const next = lineEnd(script, at);
    const line = script.slice(at, next);
    if (line.trim() === end) return Math.min(next + 1, script.length);
    for (const { 0: text, index } of line.matchAll(/[^\s;&|()<>`{}[\],"']+/g)) {
      yield { text, at: at + index };
    }
    at = next + 1;
  }
  return script.length;
}

/** Lines and columns of rising indexes. */
class Places {
  readonly #script: string;
  #line = 1;
  #lineStart = 0;

  constructor(script: string) {
    this.#script = script;
  }

  of(at: number): { readonly line: number; readonly column: number } {
    let end = this.#script.indexOf("\n", this.#lineStart);
    while (end >= 0 && end < at) {
      this.#line += 1;
      this.#lineStart = end + 1;
      end = this.#script.indexOf("\n", this.#lineStart);
    }
    // Code points, since that is what people count.
    const column = [...this.#script.slice(this.#lineStart, at)].length + 1;
    return { line: this.#line, column };
  }
}
