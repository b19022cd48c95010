import { cut, type Delimiters, TemplateError, type Token } from "./lexer.ts";

export type Expression =
  | { readonly kind: "literal"; readonly value: string | number | boolean; readonly offset: number }
  /** `.a.b`, `$x.a`; "" is the dot itself, `$` the whole. */
  | {
      readonly kind: "path";
      readonly variable: string | null;
      readonly fields: readonly string[];
      readonly offset: number;
    }
  | {
      readonly kind: "call";
      readonly name: string;
      readonly args: readonly Expression[];
      readonly offset: number;
    };

export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "print"; readonly value: Expression }
  | { readonly kind: "assign"; readonly name: string; readonly value: Expression }
  | {
      readonly kind: "if" | "with";
      readonly value: Expression;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    }
  | {
      readonly kind: "range";
      readonly index: string | null;
      readonly item: string | null;
      readonly value: Expression;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    };

type Block = Extract<Node, { kind: "if" | "with" | "range" }>["kind"];

const BLOCKS: ReadonlySet<string> = new Set<Block>(["if", "with", "range"]);
/** Of the template language and not of this subset. */
const REFUSED: ReadonlySet<string> = new Set(["define", "template", "block", "break", "continue"]);

/** Reads a template. Throws TemplateError: what is not known is refused where it stands, not when it is run. */
export function parseTemplate(
  text: string,
  delimiters: Delimiters,
  functions: ReadonlySet<string>,
): readonly Node[] {
  return new Parser(text, delimiters, functions).parse();
}

interface Open {
  readonly word: Block;
  readonly offset: number;
  readonly head: Head;
  readonly body: Node[];
  otherwise: Node[] | null;
  /** Begun by `else if`: closes with the one around it. */
  readonly isChained: boolean;
}

interface Head {
  readonly index: string | null;
  readonly item: string | null;
  readonly value: Expression;
}

class Parser {
  readonly #text: string;
  readonly #delimiters: Delimiters;
  readonly #functions: ReadonlySet<string>;
  #tokens: readonly Token[] = [];
  #at = 0;
  #offset = 0;
  readonly #open: Open[] = [];
  readonly #top: Node[] = [];

  constructor(text: string, delimiters: Delimiters, functions: ReadonlySet<string>) {
    this.#text = text;
    this.#delimiters = delimiters;
    this.#functions = functions;
  }

  parse(): readonly Node[] {
    for (const piece of cut(this.#text, this.#delimiters)) {
      if (piece.kind === "text") {
        this.#add(piece);
        continue;
      }
      this.#tokens = piece.tokens;
      this.#at = 0;
      this.#offset = piece.offset;
      this.#action();
      const rest = this.#tokens[this.#at];
      if (rest !== undefined) this.#fail(`unexpected ${JSON.stringify(rest.value)}`, rest.offset);
    }
    const open = this.#open.at(-1);
    if (open !== undefined) this.#fail(`the ${open.word} has no end`, open.offset);
    return this.#top;
  }

  #fail(reason: string, offset = this.#offset): never {
    throw new TemplateError(reason, { text: this.#text, offset });
  }

  #add(node: Node): void {
    const open = this.#open.at(-1);
    (open === undefined ? this.#top : (open.otherwise ?? open.body)).push(node);
  }

  #action(): void {
    const first = this.#tokens[0];
    if (first === undefined) this.#fail("expected a value, got an empty action");
    if (first.kind === "word") {
      if (REFUSED.has(first.value)) this.#fail(`${first.value} is not supported`, first.offset);
      if (this.#keyword(first.value)) return;
    }
    if (first.kind === "variable" && /^:?=$/.test(this.#tokens[1]?.value ?? "")) {
      this.#at = 2;
      this.#add({ kind: "assign", name: first.value, value: this.#pipeline() });
      return;
    }
    this.#add({ kind: "print", value: this.#pipeline() });
  }

  /** False: the action is a value. */
  #keyword(word: string): boolean {
    if (BLOCKS.has(word)) this.#begin(word as Block, false);
    else if (word === "else") this.#else();
    else if (word === "end") this.#end();
    else return false;
    return true;
  }

  #begin(word: Block, isChained: boolean): void {
    const { offset } = this.#next();
    const head = word === "range" ? this.#rangeHead() : this.#plainHead();
    this.#open.push({ word, offset, head, body: [], otherwise: null, isChained });
  }

  #plainHead(): Head {
    return { index: null, item: null, value: this.#pipeline() };
  }

  /** `$item :=` or `$index, $item :=` before the value. */
  #rangeHead(): Head {
    const signs = this.#tokens
      .slice(this.#at)
      .map(({ kind, value }) => (kind === "variable" ? "$" : value));
    const names = this.#tokens.slice(this.#at).map(({ value }) => value);
    if (signs[0] === "$" && signs[1] === ":=") {
      this.#at += 2;
      return { index: null, item: names[0] ?? "", value: this.#pipeline() };
    }
    if (signs[0] === "$" && signs[1] === "," && signs[2] === "$" && signs[3] === ":=") {
      this.#at += 4;
      return { index: names[0] ?? "", item: names[2] ?? "", value: this.#pipeline() };
    }
    return this.#plainHead();
  }

  #else(): void {
    const { offset } = this.#next();
    const open = this.#open.at(-1);
    if (open === undefined || open.otherwise !== null) this.#fail("an else without an if", offset);
    open.otherwise = [];
    const word = this.#tokens[this.#at]?.value;
    if (word === "if" || word === "with") this.#begin(word, true);
  }

  #end(): void {
    const { offset } = this.#next();
    for (;;) {
      const open = this.#open.pop();
      if (open === undefined) this.#fail("an end without a beginning", offset);
      const { word, head, body, otherwise, isChained } = open;
      const { index, item, value } = head;
      const rest = otherwise ?? [];
      if (word === "range") this.#add({ kind: word, index, item, value, body, otherwise: rest });
      else this.#add({ kind: word, value, body, otherwise: rest });
      if (!isChained) return;
    }
  }

  #next(): Token {
    const token = this.#tokens[this.#at];
    if (token === undefined) this.#fail("expected a value, and the action ends");
    this.#at += 1;
    return token;
  }

  #is(sign: string): boolean {
    const token = this.#tokens[this.#at];
    return token?.kind === "sign" && token.value === sign;
  }

  /** `a | b x` is `b x a`. */
  #pipeline(): Expression {
    let value = this.#command();
    while (this.#is("|")) {
      this.#at += 1;
      const { offset } = this.#tokens[this.#at] ?? { offset: this.#offset };
      const next = this.#command();
      if (next.kind !== "call") this.#fail("expected a function behind |", offset);
      value = { ...next, args: [...next.args, value] };
    }
    return value;
  }

  #command(): Expression {
    const first = this.#tokens[this.#at];
    const value = this.#operand();
    if (value.kind !== "call" || first?.kind !== "word") return value;
    const args: Expression[] = [];
    while (this.#at < this.#tokens.length && !this.#is("|") && !this.#is(")")) {
      args.push(this.#operand());
    }
    return { ...value, args };
  }

  #operand(): Expression {
    const token = this.#next();
    const { kind, value, offset } = token;
    switch (kind) {
      case "text":
        return { kind: "literal", value, offset };
      case "number":
        return { kind: "literal", value: Number(value), offset };
      case "variable":
        return { kind: "path", variable: value, fields: this.#fields(token), offset };
      case "field": {
        const own = value === "" ? [] : [value];
        return { kind: "path", variable: null, fields: [...own, ...this.#fields(token)], offset };
      }
      case "word":
        return this.#word(value, offset);
      case "sign":
        if (value !== "(") this.#fail(`unexpected ${JSON.stringify(value)}`, offset);
        return this.#parenthesised(offset);
    }
  }

  #parenthesised(offset: number): Expression {
    const inner = this.#pipeline();
    if (!this.#is(")")) this.#fail("the parenthesis is not closed", offset);
    this.#at += 1;
    return inner;
  }

  #word(value: string, offset: number): Expression {
    if (value === "true" || value === "false")
      return { kind: "literal", value: value === "true", offset };
    if (!this.#functions.has(value)) this.#fail(`the function ${value} is not supported`, offset);
    return { kind: "call", name: value, args: [], offset };
  }

  /** Fields that follow without a space. */
  #fields({ offset, value }: Token): string[] {
    const fields: string[] = [];
    let end = offset + value.length + 1;
    for (let token = this.#tokens[this.#at]; token !== undefined; token = this.#tokens[this.#at]) {
      if (token.kind !== "field" || token.value === "" || token.offset !== end) break;
      fields.push(token.value);
      end += token.value.length + 1;
      this.#at += 1;
    }
    return fields;
  }
}
