import { parseExpression, skipNewlines } from "./expression.ts";
import { type Problem, SyntaxFailure } from "./problem.ts";
import { Scanner } from "./scanner.ts";
import type { Source } from "./source.ts";
import type { AttributeSyntax, BlockSyntax, BodySyntax, LabelSyntax } from "./syntax.ts";

/** More would only repeat what the first ones say. */
const MAX_SYNTAX_PROBLEMS = 50;

export interface ParsedBody {
  readonly body: BodySyntax;
  readonly problems: readonly Problem[];
}

/** Reads a whole file. The body holds what could be read, also where there are problems. */
export function parseFile(source: Source): ParsedBody {
  return new BodyParser(source).file();
}

/** Reads a text that is one expression, such as the value of a variable from outside. */
export function parseLoneExpression(source: Source) {
  const scanner = new Scanner(source);
  return scanner.withNewlines(false, () => {
    const expression = parseExpression(scanner);
    if (scanner.peek().kind !== "end") scanner.fail("the end behind the value");
    return expression;
  });
}

interface OpenBody {
  readonly attributes: Map<string, AttributeSyntax>;
  readonly blocks: BlockSyntax[];
}

/** Where a line of a new item may begin, for going on behind a mistake. */
const ITEM_LINE = /[\p{ID_Start}_][\p{ID_Continue}-]*[ \t]*(?:=(?!=)|[{"\p{ID_Start}_])/uy;

class BodyParser {
  readonly #scanner: Scanner;
  readonly #source: Source;
  readonly #problems: Problem[] = [];

  constructor(source: Source) {
    this.#source = source;
    this.#scanner = new Scanner(source);
  }

  file(): ParsedBody {
    const open: OpenBody = { attributes: new Map(), blocks: [] };
    while (!this.#items(open)) {
      const stray = this.#scanner.take();
      this.#report({ span: stray, message: "expected a name, found `}` that closes nothing" });
    }
    const body = { ...open, start: 0, end: this.#source.text.length };
    return { body, problems: this.#problems };
  }

  #report(problem: Problem): void {
    if (this.#problems.length < MAX_SYNTAX_PROBLEMS) this.#problems.push(problem);
  }

  /** Reads items up to `}` or the end; true: the end. */
  #items(open: OpenBody): boolean {
    const scanner: Scanner = this.#scanner;
    for (;;) {
      const mark = scanner.mark();
      let start = scanner.at;
      try {
        skipNewlines(scanner);
        const token = scanner.peek();
        start = token.start;
        if (token.kind === "end") return true;
        if (scanner.is("}")) return false;
        this.#item(open);
      } catch (failure) {
        if (!(failure instanceof SyntaxFailure)) throw failure;
        this.#report(failure.problem);
        scanner.resetTo(mark);
        if (this.#problems.length >= MAX_SYNTAX_PROBLEMS) scanner.moveTo(scanner.text.length);
        else this.#resume(start, Math.max(failure.problem.span.start, scanner.at));
      }
    }
  }

  /**
   * Goes to the next line that looks like an item and is indented no further than the broken one, or to the brace
   * that ends the body around it. Indents tell best where people meant an item to end when its brackets do not.
   */
  #resume(start: number, failedAt: number): void {
    const { text } = this.#scanner;
    const indent = this.#columnOf(start);
    let opened = balance(text.slice(start, failedAt));
    let at = failedAt;
    for (;;) {
      const newline = text.indexOf("\n", at);
      if (newline < 0) {
        this.#scanner.moveTo(text.length);
        return;
      }
      opened += balance(text.slice(at, newline));
      at = newline + 1;
      const first = at + (/^[ \t]*/.exec(text.slice(at, at + 1000))?.[0].length ?? 0);
      if (this.#columnOf(first) > indent) continue;
      ITEM_LINE.lastIndex = first;
      const doesCloseBody = text[first] === "}" && (opened <= 0 || this.#columnOf(first) < indent);
      if (doesCloseBody || ITEM_LINE.test(text)) {
        this.#scanner.moveTo(first);
        return;
      }
    }
  }

  #columnOf(offset: number): number {
    return offset - (this.#source.text.lastIndexOf("\n", offset - 1) + 1);
  }

  #item(open: OpenBody): void {
    const scanner: Scanner = this.#scanner;
    const name = scanner.peek();
    if (name.kind !== "identifier") {
      scanner.fail("the name of an attribute or block", fixOfName(name.text));
    }
    scanner.take();
    if (scanner.is("=")) this.#attribute(open, name.text, name);
    else open.blocks.push(this.#block(name.text, name));
    const { kind } = scanner.peek();
    if (kind !== "newline" && kind !== "end") {
      scanner.fail(`a new line behind \`${name.text}\``);
    }
  }

  #attribute(open: OpenBody, name: string, nameSpan: { start: number; end: number }): void {
    const scanner: Scanner = this.#scanner;
    scanner.take();
    const value = parseExpression(scanner);
    const { start, end } = nameSpan;
    const earlier = open.attributes.get(name);
    if (earlier !== undefined) {
      const { line } = this.#source.position(earlier.start);
      const message = `expected \`${name}\` once, found it again; it is set in line ${line}`;
      this.#report({ span: { start, end }, message });
      return;
    }
    open.attributes.set(name, { name, nameSpan: { start, end }, value, start, end: value.end });
  }

  #block(type: string, typeSpan: { start: number; end: number }): BlockSyntax {
    const scanner: Scanner = this.#scanner;
    const labels: LabelSyntax[] = [];
    while (!scanner.is("{")) labels.push(this.#label(type, labels.length));
    const opening = scanner.take();
    const open: OpenBody = { attributes: new Map(), blocks: [] };
    const bodyStart = opening.end;
    if (scanner.peek().kind === "newline") {
      scanner.nested(() =>
        this.#bodyLines(open, type, { start: typeSpan.start, end: opening.end }),
      );
    } else {
      this.#oneLine(open, type);
    }
    const body = { ...open, start: bodyStart, end: scanner.at - 1 };
    const { start, end } = typeSpan;
    return { type, typeSpan: { start, end }, labels, body, start, end: scanner.at };
  }

  #bodyLines(open: OpenBody, type: string, header: { start: number; end: number }): void {
    const isAtEnd = this.#items(open);
    if (isAtEnd) {
      const message = `expected \`}\` at the end of this \`${type}\` block, found the end of the file`;
      this.#report({ span: header, message });
      return;
    }
    this.#scanner.take();
  }

  /** `type { name = value }`: at most one attribute, as HCL has it. */
  #oneLine(open: OpenBody, type: string): void {
    const scanner: Scanner = this.#scanner;
    const fix = "write each attribute and block on a line of its own";
    if (!scanner.is("}")) {
      const name = scanner.peek();
      if (name.kind !== "identifier") scanner.fail(`a name or \`}\` in \`${type}\``);
      scanner.take();
      if (!scanner.is("=")) {
        scanner.fail(`\`=\`, as a block on one line holds at most one attribute`, fix);
      }
      this.#attribute(open, name.text, name);
    }
    if (!scanner.is("}")) scanner.fail("`}` on the same line, behind the only attribute", fix);
    scanner.take();
  }

  #label(type: string, count: number): LabelSyntax {
    const scanner: Scanner = this.#scanner;
    const token = scanner.peek();
    const { start, end } = token;
    if (token.kind === "identifier") {
      scanner.take();
      return { text: token.text, start, end };
    }
    if (!scanner.is('"')) {
      scanner.fail(`${count === 0 ? "`=`, " : ""}a label or \`{\` behind \`${type}\``);
    }
    const label = parseExpression(scanner);
    if (label.kind !== "literal" || typeof label.value !== "string") {
      scanner.failAt(label, "expected a label of plain text, found a template");
    }
    return { text: label.value, start: label.start, end: label.end };
  }
}

function fixOfName(text: string): string | undefined {
  return text === '"' ? "write the name of an attribute without quotes" : undefined;
}

/** Opening less closing brackets, not looking into strings: good enough for a guess. */
function balance(text: string): number {
  let open = 0;
  for (const character of text) {
    if ("{[(".includes(character)) open += 1;
    else if ("}])".includes(character)) open -= 1;
  }
  return open;
}
