import { SyntaxFailure } from "./problem.ts";
import type { Source, Span } from "./source.ts";

export type TokenKind = "identifier" | "number" | "symbol" | "newline" | "end" | "unknown";

export interface Token extends Span {
  readonly kind: TokenKind;
  readonly text: string;
}

/** How deep blocks, expressions and templates may lie in each other. */
export const MAX_DEPTH = 100;

const SPACE = /[ \t\r\uFEFF]*/y;
const SPACE_AND_LINES = /[ \t\r\n\uFEFF]*/y;
const IDENTIFIER = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy;
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SYMBOL = /\.\.\.|<<-?|&&|\|\||==|!=|<=|>=|=>|[{}[\]()=:,.?!<>+\-*/%"~]/y;

function matchAt(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

/** How a token is named in "found ...". */
export function describeToken(token: Token): string {
  if (token.kind === "end") return "the end of the file";
  if (token.kind === "newline") return "the end of the line";
  return token.text === '"' ? "a quoted string" : `\`${token.text}\``;
}

/**
 * Cuts the text into tokens as the parser asks for them, as what is a token depends on where it stands: newlines count
 * in bodies and objects and not in brackets, and the inside of strings is read by the template parser.
 */
export class Scanner {
  readonly source: Source;
  /** Behind the last token taken. */
  at = 0;
  #peeked: Token | null = null;
  /** The innermost decides; a body counts newlines. */
  #newlinesCount: boolean[] = [true];
  #depth = 0;

  constructor(source: Source) {
    this.source = source;
  }

  get text(): string {
    return this.source.text;
  }

  peek(): Token {
    this.#peeked ??= this.#scan();
    return this.#peeked;
  }

  take(): Token {
    const token = this.peek();
    this.#peeked = null;
    this.at = token.end;
    return token;
  }

  /** Goes on reading at `offset`. */
  moveTo(offset: number): void {
    this.#peeked = null;
    this.at = offset;
  }

  is(symbol: string): boolean {
    const token = this.peek();
    return token.kind === "symbol" && token.text === symbol;
  }

  /** Takes the symbol if it is the next token. */
  accept(symbol: string): boolean {
    if (!this.is(symbol)) return false;
    this.take();
    return true;
  }

  expect(symbol: string, what: string, fix?: string): Token {
    if (!this.is(symbol)) this.fail(what, fix);
    return this.take();
  }

  isWord(word: string): boolean {
    const token = this.peek();
    return token.kind === "identifier" && token.text === word;
  }

  /** Ends this expression: `what` was expected where the next token is. */
  fail(what: string, fix?: string): never {
    const token = this.peek();
    this.failAt(token, `expected ${what}, found ${describeToken(token)}`, fix);
  }

  failAt(span: Span, message: string, fix?: string): never {
    throw new SyntaxFailure({
      span: { start: span.start, end: span.end },
      message,
      ...(fix === undefined ? {} : { fix }),
    });
  }

  /** Reads with newlines as tokens, or as mere space. */
  withNewlines<T>(doCount: boolean, read: () => T): T {
    this.#newlinesCount.push(doCount);
    this.#peeked = null;
    const result = read();
    this.#newlinesCount.pop();
    this.#peeked = null;
    return result;
  }

  /** Reads one level deeper. */
  nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) {
      const token = this.peek();
      this.failAt(token, `expected at most ${MAX_DEPTH} levels of nesting, found more`);
    }
    const result = read();
    this.#depth -= 1;
    return result;
  }

  /** What a failure leaves behind is undone by whoever catches it. */
  mark(): { readonly depth: number; readonly modes: number } {
    return { depth: this.#depth, modes: this.#newlinesCount.length };
  }

  resetTo(mark: { readonly depth: number; readonly modes: number }): void {
    this.#depth = mark.depth;
    this.#newlinesCount.length = mark.modes;
    this.#peeked = null;
  }

  #skipSpace(): number {
    const doCount = this.#newlinesCount.at(-1) ?? true;
    const space = doCount ? SPACE : SPACE_AND_LINES;
    let at = this.at;
    for (;;) {
      at += matchAt(space, this.text, at)?.length ?? 0;
      const isLineComment = this.text[at] === "#" || this.text.startsWith("//", at);
      if (isLineComment) {
        const end = this.text.indexOf("\n", at);
        at = end < 0 ? this.text.length : end;
      } else if (this.text.startsWith("/*", at)) {
        const end = this.text.indexOf("*/", at + 2);
        if (end < 0) {
          const span = { start: at, end: at + 2 };
          this.at = this.text.length;
          this.failAt(span, "expected `*/` behind this comment, found the end of the file");
        }
        at = end + 2;
      } else {
        return at;
      }
    }
  }

  #scan(): Token {
    const start = this.#skipSpace();
    const { text } = this;
    const token = (kind: TokenKind, length: number): Token => ({
      kind,
      text: text.slice(start, start + length),
      start,
      end: start + length,
    });
    if (start >= text.length) return token("end", 0);
    if (text[start] === "\n") return token("newline", 1);
    const identifier = matchAt(IDENTIFIER, text, start);
    if (identifier !== null) return token("identifier", identifier.length);
    const number = matchAt(NUMBER, text, start);
    if (number !== null) return token("number", number.length);
    const symbol = matchAt(SYMBOL, text, start);
    if (symbol !== null) return token("symbol", symbol.length);
    return token("unknown", String.fromCodePoint(text.codePointAt(start) ?? 0).length);
  }
}
