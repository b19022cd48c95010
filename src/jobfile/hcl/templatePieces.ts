import type { ExpressionParser } from "./build.ts";
import { parseForClause } from "./forExpression.ts";
import type { Scanner } from "./scanner.ts";
import type { Span } from "./source.ts";
import type { Expression, ForClause } from "./syntax.ts";

interface Piece {
  readonly span: Span;
}

/** A template before its directives are put in each other. A heredoc has a text for every line. */
export type TemplatePiece = Piece &
  (
    | { readonly kind: "text"; text: string }
    | { readonly kind: "value"; readonly value: Expression }
    | { readonly kind: "if"; readonly condition: Expression }
    | { readonly kind: "for"; readonly clause: ForClause }
    | { readonly kind: "else" | "endif" | "endfor" }
  );

/** Collects pieces; `~` trims the text next to it, of a heredoc only that of the same line. */
class Pieces {
  readonly all: TemplatePiece[] = [];
  readonly #scanner: Scanner;
  readonly #parse: ExpressionParser;
  #doTrimNext = false;
  #text: string[] = [];
  #textStart = 0;

  constructor(scanner: Scanner, parse: ExpressionParser) {
    this.#scanner = scanner;
    this.#parse = parse;
    this.#textStart = scanner.at;
  }

  add(text: string): void {
    if (text !== "") this.#text.push(text);
  }

  /** Ends the current text, if there is one. */
  endText(at: number): void {
    if (this.#text.length > 0) {
      const text = this.#text.join("");
      const span = { start: this.#textStart, end: at };
      this.all.push({ kind: "text", text: this.#doTrimNext ? text.trimStart() : text, span });
      this.#doTrimNext = false;
      this.#text = [];
    }
    this.#textStart = at;
  }

  /** At `${` or `%{`. Returns where the text goes on. */
  addSequence(start: number): number {
    const scanner = this.#scanner;
    const isTrimmingBefore = this.#text.length > 0;
    this.endText(start);
    const isDirective = scanner.text[start] === "%";
    scanner.moveTo(start + 2);
    return scanner.withNewlines(false, () => {
      if (scanner.text[start + 2] === "~") {
        scanner.moveTo(start + 3);
        const last = this.all.at(-1);
        if (isTrimmingBefore && last?.kind === "text") last.text = last.text.trimEnd();
      }
      const piece = isDirective ? this.#readDirective(start) : this.#readValue(start);
      this.#doTrimNext = scanner.accept("~");
      const what = isDirective ? "`}` behind the directive" : "`}` behind the expression";
      scanner.expect(
        "}",
        what,
        // Shell and other languages write `${` too.
        `for a literal \`${isDirective ? "%" : "$"}{\` write \`${isDirective ? "%%" : "$$"}{\``,
      );
      this.all.push(piece);
      this.#textStart = scanner.at;
      return scanner.at;
    });
  }

  #readValue(start: number): TemplatePiece {
    const value = this.#parse(this.#scanner);
    return { kind: "value", value, span: { start, end: this.#scanner.at } };
  }

  #readDirective(start: number): TemplatePiece {
    const scanner = this.#scanner;
    const word = scanner.peek();
    const span = { start, end: word.end };
    if (word.kind === "identifier") {
      switch (word.text) {
        case "if":
          scanner.take();
          return { kind: "if", condition: this.#parse(scanner), span };
        case "for":
          return { kind: "for", clause: parseForClause(scanner, this.#parse), span };
        case "else":
        case "endif":
        case "endfor":
          scanner.take();
          return { kind: word.text, span };
      }
    }
    return scanner.fail(
      "`if`, `else`, `endif`, `for` or `endfor`",
      "for a literal `%{` write `%%{`",
    );
  }
}

const QUOTED_STOP = /["\\\n]|\$\$\{|%%\{|\$\{|%\{/g;
const HEREDOC_STOP = /\n|\$\$\{|%%\{|\$\{|%\{/g;
const ESCAPE = /\\(?:[nrt"\\]|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})/y;
const ESCAPED = new RegExp(`^(?:${ESCAPE.source})$`);
const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  '"': '"',
  "\\": "\\",
};
/** Null: a code point that no text can hold. */
function textOf(sequence: string): string | null {
  const simple = SIMPLE_ESCAPES[sequence[1] ?? ""];
  if (simple !== undefined) return simple;
  const code = Number.parseInt(sequence.slice(2), 16);
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  return code > 0x10ffff || isSurrogate ? null : String.fromCodePoint(code);
}

/** A string in quotes, at the opening one. */
export function readQuoted(scanner: Scanner, parse: ExpressionParser): readonly TemplatePiece[] {
  const opening = scanner.take();
  const { text } = scanner;
  const pieces = new Pieces(scanner, parse);
  let { at } = scanner;
  for (;;) {
    QUOTED_STOP.lastIndex = at;
    const stop = QUOTED_STOP.exec(text);
    if (stop === null || stop[0] === "\n") {
      scanner.moveTo(stop?.index ?? text.length);
      scanner.failAt(
        { start: opening.start, end: scanner.at },
        'expected a closing `"` on the same line, found none',
        "for text of several lines use `\\n` or a heredoc (`<<EOT`)",
      );
    }
    pieces.add(text.slice(at, stop.index));
    at = stop.index + stop[0].length;
    if (stop[0] === '"') {
      pieces.endText(stop.index);
      scanner.moveTo(at);
      return pieces.all;
    }
    if (stop[0] === "\\") {
      at = addEscape(scanner, pieces, stop.index);
    } else if (stop[0].length === 3) {
      pieces.add(stop[0].slice(1));
    } else {
      at = pieces.addSequence(stop.index);
    }
  }
}

function addEscape(scanner: Scanner, pieces: Pieces, start: number): number {
  ESCAPE.lastIndex = start;
  const sequence = ESCAPE.exec(scanner.text)?.[0] ?? scanner.text.slice(start, start + 2);
  const text = ESCAPED.test(sequence) ? textOf(sequence) : null;
  if (text === null) {
    scanner.moveTo(start);
    scanner.failAt(
      { start, end: start + sequence.length },
      `expected \\n, \\r, \\t, \\", \\\\, \\uNNNN or \\UNNNNNNNN of a character, found ${sequence}`,
      "for a literal backslash write `\\\\`",
    );
  }
  pieces.add(text);
  return start + sequence.length;
}

const MARKER = /([\p{ID_Start}_][\p{ID_Continue}-]*)\r?\n/uy;

/** A heredoc, at `<<` or `<<-`. */
export function readHeredoc(scanner: Scanner, parse: ExpressionParser): readonly TemplatePiece[] {
  const opening = scanner.take();
  const { text } = scanner;
  MARKER.lastIndex = opening.end;
  const marker = MARKER.exec(text);
  if (marker?.[1] === undefined) {
    scanner.failAt(opening, "expected a word such as EOT and a new line behind `<<`");
  }
  scanner.moveTo(opening.end + marker[0].length);
  const span = { start: opening.start, end: opening.end + marker[1].length };
  const pieces = readLines(scanner, parse, marker[1], span);
  return opening.text === "<<-" ? withoutIndent(pieces) : pieces;
}

function readLines(
  scanner: Scanner,
  parse: ExpressionParser,
  marker: string,
  opening: Span,
): readonly TemplatePiece[] {
  const { text } = scanner;
  const pieces = new Pieces(scanner, parse);
  let { at } = scanner;
  let isAtLineStart = true;
  for (;;) {
    if (isAtLineStart) {
      const lineEnd = text.indexOf("\n", at);
      const line = text.slice(at, lineEnd < 0 ? text.length : lineEnd);
      if (line.trim() === marker) {
        scanner.moveTo(at + line.indexOf(marker) + marker.length);
        return pieces.all;
      }
    }
    HEREDOC_STOP.lastIndex = at;
    const stop = HEREDOC_STOP.exec(text);
    if (stop === null) {
      scanner.moveTo(text.length);
      const wanted = `expected a line with only ${marker} at the end of this text`;
      scanner.failAt(opening, `${wanted}, found the end of the file`);
    }
    const end = stop.index + stop[0].length;
    isAtLineStart = stop[0] === "\n";
    pieces.add(text.slice(at, stop.index));
    at = end;
    if (isAtLineStart) {
      pieces.add("\n");
      pieces.endText(end);
    } else if (stop[0].length === 3) {
      pieces.add(stop[0].slice(1));
    } else {
      at = pieces.addSequence(stop.index);
    }
  }
}

/** Takes off the common indent of all lines but empty ones. A line that begins with `${` has none. */
function withoutIndent(pieces: readonly TemplatePiece[]): readonly TemplatePiece[] {
  let common = Number.POSITIVE_INFINITY;
  let isLineStart = true;
  const indented: Extract<TemplatePiece, { kind: "text" }>[] = [];
  for (const piece of pieces) {
    if (isLineStart) {
      isLineStart = false;
      if (piece.kind !== "text") common = 0;
      else if (piece.text.trimStart() !== "" || !piece.text.endsWith("\n")) {
        common = Math.min(common, piece.text.length - piece.text.trimStart().length);
        indented.push(piece);
      }
    }
    if (piece.kind === "text" && piece.text.endsWith("\n")) isLineStart = true;
  }
  for (const piece of indented) piece.text = piece.text.slice(common);
  return pieces;
}
