import { build, type ExpressionParser } from "./build.ts";
import type { Scanner } from "./scanner.ts";
import type { Expression, LineSyntax, TemplatePart } from "./syntax.ts";
import { readHeredoc, readQuoted, type TemplatePiece } from "./templatePieces.ts";

/** A quoted string or a heredoc, at its opening. */
export function parseTemplate(scanner: Scanner, parse: ExpressionParser): Expression {
  return scanner.nested(() => {
    const { start } = scanner.peek();
    const pieces = scanner.is('"') ? readQuoted(scanner, parse) : readHeredoc(scanner, parse);
    const [only] = pieces;
    if (only === undefined) return build(scanner, start, { kind: "literal", value: "" });
    if (pieces.length === 1 && only.kind === "value") {
      return build(scanner, start, { kind: "wrapped", inner: only.value }, [only.value]);
    }
    if (pieces.every((piece) => piece.kind === "text")) {
      const value = pieces.map(({ text }) => text).join("");
      const lines = linesOf(pieces, scanner.text);
      return build(scanner, start, { kind: "literal", value, lines });
    }
    const parts = new Assembly(scanner, pieces).all();
    const lines = linesOf(pieces, scanner.text);
    return build(scanner, start, { kind: "template", parts, lines }, pieces.map(expressionOf));
  });
}

/** Where the lines of the text are, should no value among the pieces have lines of its own. */
function linesOf(pieces: readonly TemplatePiece[], text: string): LineSyntax[] {
  const lines: LineSyntax[] = [];
  let isLineStart = true;
  for (const piece of pieces) {
    if (isLineStart) lines.push(lineFrom(piece, text));
    isLineStart = piece.kind === "text" && piece.text.endsWith("\n");
  }
  const last = pieces.at(-1);
  if (isLineStart && last !== undefined) lines.push({ start: last.span.end, verbatim: 0 });
  return lines;
}

/** What was taken off is the indent in front; a text with escapes is longer in the file than what is left of it. */
function lineFrom(piece: TemplatePiece, text: string): LineSyntax {
  const { start, end } = piece.span;
  if (piece.kind !== "text") return { start, verbatim: 0 };
  const from = end - piece.text.length;
  const isVerbatim = from >= start && text.startsWith(piece.text, from);
  return isVerbatim ? { start: from, verbatim: piece.text.length } : { start, verbatim: 0 };
}

function expressionOf(piece: TemplatePiece): Expression | null {
  switch (piece.kind) {
    case "value":
      return piece.value;
    case "if":
      return piece.condition;
    case "for":
      return piece.clause.collection;
    case "text":
    case "else":
    case "endif":
    case "endfor":
      return null;
  }
}

type Directive = Extract<TemplatePiece, { kind: "else" | "endif" | "endfor" }>;

/** Puts the flat pieces in each other: what is between `if` and `endif`, `for` and `endfor`. */
class Assembly {
  readonly #scanner: Scanner;
  readonly #pieces: readonly TemplatePiece[];
  #next = 0;

  constructor(scanner: Scanner, pieces: readonly TemplatePiece[]) {
    this.#scanner = scanner;
    this.#pieces = pieces;
  }

  all(): readonly TemplatePart[] {
    const parts: TemplatePart[] = [];
    const end = this.#until(parts);
    if (end !== null) {
      const opening = end.kind === "endfor" ? "for" : "if";
      this.#scanner.failAt(
        end.span,
        `expected \`%{ ${opening} }\` before, found \`%{ ${end.kind} }\``,
      );
    }
    return parts;
  }

  /** Reads up to a directive that ends or divides; null: there is none before the end. */
  #until(parts: TemplatePart[]): Directive | null {
    for (;;) {
      const piece = this.#pieces[this.#next];
      if (piece === undefined) return null;
      this.#next += 1;
      switch (piece.kind) {
        case "text":
          parts.push({ kind: "text", text: piece.text });
          break;
        case "value":
          parts.push({ kind: "value", value: piece.value });
          break;
        case "if":
          parts.push(this.#scanner.nested(() => this.#if(piece)));
          break;
        case "for":
          parts.push(this.#scanner.nested(() => this.#for(piece)));
          break;
        case "else":
        case "endif":
        case "endfor":
          return piece;
      }
    }
  }

  #if(opening: Extract<TemplatePiece, { kind: "if" }>): TemplatePart {
    const yes: TemplatePart[] = [];
    const no: TemplatePart[] = [];
    let end = this.#until(yes);
    if (end?.kind === "else") end = this.#until(no);
    if (end?.kind !== "endif") this.#failAt(opening, end, "endif");
    return { kind: "if", condition: opening.condition, yes, no };
  }

  #for(opening: Extract<TemplatePiece, { kind: "for" }>): TemplatePart {
    const body: TemplatePart[] = [];
    const end = this.#until(body);
    if (end?.kind !== "endfor") this.#failAt(opening, end, "endfor");
    return { kind: "for", ...opening.clause, body };
  }

  #failAt(opening: TemplatePiece, end: Directive | null, wanted: string): never {
    const found = end === null ? "the end of the text" : `\`%{ ${end.kind} }\``;
    const { line } = this.#scanner.source.position(opening.span.start);
    const message = `expected \`%{ ${wanted} }\` for \`${opening.kind}\` of line ${line}, found ${found}`;
    this.#scanner.failAt(end?.span ?? opening.span, message);
  }
}
