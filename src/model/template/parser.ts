import { callMistake, type FunctionName, isFunction } from "./functions.ts";
import { cut, type Delimiters, TemplateError, type Token } from "./lexer.ts";
import { Variables } from "./variables.ts";

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
      readonly name: FunctionName;
      readonly args: readonly Expression[];
      readonly offset: number;
    };

export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "print"; readonly value: Expression }
  /** `:=` makes a variable of the block that it is in, `=` changes one. */
  | {
      readonly kind: "assign";
      readonly name: string;
      readonly isNew: boolean;
      readonly value: Expression;
    }
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
/** Levels of blocks and parentheses, and functions in one pipe: nothing that walks the nodes overflows. */
const DEPTH_MAX = 200;
/** More would only repeat what the first ones say. */
const MISTAKES_MAX = 20;

export interface ReadTemplate {
  /** What can be rendered; only of use without mistakes. */
  readonly nodes: readonly Node[];
  /** In the order of the text. A mistake of syntax is the last one, as nothing is known of what follows it. */
  readonly mistakes: readonly TemplateError[];
}

/** Reads a template with all that is wrong with it: what is not known is refused where it stands, not when it is run. */
export function readTemplate(text: string, delimiters: Delimiters): ReadTemplate {
  return new Parser(text, delimiters).read();
}

/** Reads a template to render it. Throws the first TemplateError. */
export function parseTemplate(text: string, delimiters: Delimiters): readonly Node[] {
  const { nodes, mistakes } = readTemplate(text, delimiters);
  const [first] = mistakes;
  if (first !== undefined) throw first;
  return nodes;
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

function isTruth(word: string): boolean {
  return word === "true" || word === "false";
}

function isCall(token: Token | undefined): token is Token {
  return token?.kind === "word" && !isTruth(token.value);
}

/** A function that templates do not have, as far as nodes here render them. */
export class UnknownFunction extends TemplateError {
  readonly word: string;

  constructor(word: string, place: { text: string; offset: number }) {
    super(`the function ${word} is not supported`, place);
    this.word = word;
  }
}

class Parser {
  readonly #text: string;
  readonly #delimiters: Delimiters;
  #tokens: readonly Token[] = [];
  #at = 0;
  #offset = 0;
  #parentheses = 0;
  readonly #variables = new Variables();
  readonly #open: Open[] = [];
  readonly #top: Node[] = [];
  readonly #mistakes: TemplateError[] = [];

  constructor(text: string, delimiters: Delimiters) {
    this.#text = text;
    this.#delimiters = delimiters;
  }

  read(): ReadTemplate {
    try {
      this.#all();
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      this.#collect(() => error);
    }
    return { nodes: this.#top, mistakes: this.#mistakes };
  }

  #all(): void {
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
    if (open !== undefined) {
      this.#fail(
        `the ${open.word} has no end`,
        open.offset,
        `Write ${this.#delimiters.left} end ${this.#delimiters.right} behind it.`,
      );
    }
  }

  /** Ends the reading: what follows cannot be told apart. */
  #fail(reason: string, offset = this.#offset, fix?: string): never {
    throw this.#error(reason, offset, fix);
  }

  /** Goes on behind it. */
  #tell(reason: string, offset: number, fix?: string): void {
    this.#collect(() => this.#error(reason, offset, fix));
  }

  /** Each looks for its line from the beginning of the text: those that nobody reads are not even made. */
  #collect(mistake: () => TemplateError): void {
    if (this.#mistakes.length < MISTAKES_MAX) this.#mistakes.push(mistake());
  }

  #error(reason: string, offset: number, fix: string | undefined): TemplateError {
    const place = { text: this.#text, offset };
    return new TemplateError(reason, fix === undefined ? place : { ...place, fix });
  }

  #add(node: Node): void {
    const open = this.#open.at(-1);
    (open === undefined ? this.#top : (open.otherwise ?? open.body)).push(node);
  }

  #action(): void {
    const first = this.#tokens[0];
    if (first === undefined) this.#fail("expected a value, got an empty action");
    if (first.kind === "word") {
      if (REFUSED.has(first.value)) {
        const fix = "Templates have if, with and range; what is used twice is written twice.";
        this.#fail(`${first.value} is not supported`, first.offset, fix);
      }
      if (this.#keyword(first.value)) return;
    }
    const sign = this.#tokens[1];
    if (first.kind === "variable" && sign?.kind === "sign" && /^:?=$/.test(sign.value)) {
      this.#assign(first, sign.value === ":=");
      return;
    }
    this.#add({ kind: "print", value: this.#pipeline() });
  }

  #assign({ value: name, offset }: Token, isNew: boolean): void {
    this.#at = 2;
    if (!isNew) this.#checkVariable(name, offset);
    const value = this.#pipeline();
    if (isNew) this.#variables.add(name);
    this.#add({ kind: "assign", name, isNew, value });
  }

  #checkVariable(name: string, offset: number): void {
    // "$" alone is the whole.
    if (name === "" || this.#variables.has(name)) return;
    const fix = `Write $${name} := ... before, in the same block or around it.`;
    this.#tell(`there is no variable $${name}`, offset, fix);
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
    if (this.#open.length >= DEPTH_MAX) this.#fail(`more than ${DEPTH_MAX} blocks`, offset);
    this.#variables.open([head.index, head.item].filter((name) => name !== null));
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
    this.#variables.close();
    this.#variables.open([]);
    const word = this.#tokens[this.#at]?.value;
    if (word === "if" || word === "with") this.#begin(word, true);
  }

  #end(): void {
    const { offset } = this.#next();
    for (;;) {
      const open = this.#open.pop();
      if (open === undefined) this.#fail("an end without a beginning", offset);
      this.#variables.close();
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
    let value = this.#checked(this.#command());
    for (let length = 1; this.#is("|"); length += 1) {
      this.#at += 1;
      const first = this.#tokens[this.#at];
      const offset = first?.offset ?? this.#offset;
      if (length >= DEPTH_MAX) this.#fail(`more than ${DEPTH_MAX} functions in a pipe`, offset);
      const next = this.#command();
      if (!isCall(first)) this.#fail("expected a function behind |", offset);
      // One that is not known has been told of.
      if (next.kind === "call") value = this.#checked({ ...next, args: [...next.args, value] });
    }
    return value;
  }

  #command(): Expression {
    const first = this.#tokens[this.#at];
    const value = this.#operand();
    if (!isCall(first)) return value;
    const args: Expression[] = [];
    while (this.#at < this.#tokens.length && !this.#is("|") && !this.#is(")")) {
      args.push(this.#checked(this.#operand()));
    }
    return value.kind === "call" ? { ...value, args } : value;
  }

  /** Tells of a call whose arguments cannot be right; it has all of them. */
  #checked(value: Expression): Expression {
    if (value.kind !== "call") return value;
    const args = value.args.map((each) => (each.kind === "literal" ? each.value : null));
    const mistake = callMistake(value.name, args);
    if (mistake !== null) this.#tell(mistake, value.offset);
    return value;
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
        this.#checkVariable(value, offset);
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
    this.#parentheses += 1;
    if (this.#parentheses > DEPTH_MAX) this.#fail(`more than ${DEPTH_MAX} parentheses`, offset);
    const inner = this.#pipeline();
    this.#parentheses -= 1;
    if (!this.#is(")")) this.#fail("the parenthesis is not closed", offset);
    this.#at += 1;
    return inner;
  }

  #word(value: string, offset: number): Expression {
    if (isTruth(value)) return { kind: "literal", value: value === "true", offset };
    if (isFunction(value)) return { kind: "call", name: value, args: [], offset };
    this.#collect(() => new UnknownFunction(value, { text: this.#text, offset }));
    // Stands for what it would give: nothing is rendered any more.
    return { kind: "path", variable: null, fields: [], offset };
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
