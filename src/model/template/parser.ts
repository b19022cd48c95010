import { callMistake, isFunction } from "./functions.ts";
import { cut, type Delimiters, TemplateError, type Token } from "./lexer.ts";
import type { Expression, Node } from "./nodes.ts";
import { Variables } from "./variables.ts";

type Block = Extract<Node, { kind: "if" | "with" | "range" }>["kind"];

const BLOCKS: ReadonlySet<string> = new Set<Block>(["if", "with", "range"]);
/** Of the template language and not of this subset. */
const REFUSED: ReadonlySet<string> = new Set(["define", "template", "block", "break", "continue"]);
/** Of these the ones that have an end. */
const REFUSED_BLOCKS: ReadonlySet<string> = new Set(["define", "block"]);
/** Levels of blocks and parentheses, and functions in one pipe: nothing that walks the nodes overflows. */
const DEPTH_MAX = 200;
/** More would only repeat what the first ones say. */
const MISTAKES_MAX = 20;

export interface ReadTemplate {
  /** What can be rendered; only of use without mistakes. */
  readonly nodes: readonly Node[];
  /** In the order of the text, at most 20; a block without end is told last, at its beginning. */
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

/** Stands for a value that could not be read: nothing is rendered any more. */
const NOTHING: Expression = { kind: "path", variable: null, fields: [], offset: 0 };
const UNREAD: Head = { index: null, item: null, value: NOTHING };

function isTruth(word: string): boolean {
  return word === "true" || word === "false";
}

function isCall(token: Token | undefined): token is Token {
  return token?.kind === "word" && !isTruth(token.value);
}

function isSign(token: Token | undefined, sign: string): boolean {
  return token?.kind === "sign" && token.value === sign;
}

/** A function that templates do not have, as far as nodes here render them. */
export class UnknownFunction extends TemplateError {
  readonly word: string;

  constructor(word: string, place: { text: string; offset: number }) {
    super(`the function ${word} is not supported`, place);
    this.word = word;
  }
}

/** So deep that reading on would overflow. */
class TooDeep extends TemplateError {}

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
  /** In an action of which only the beginning could be read: its mistake has been told of. */
  #isCut = false;
  /**
   * Whether a mistake may have been meant to begin or end a block. Then none is told to lack its end or its beginning,
   * which would only be so because of that mistake.
   */
  #blocksAreDoubtful = false;

  constructor(text: string, delimiters: Delimiters) {
    this.#text = text;
    this.#delimiters = delimiters;
  }

  read(): ReadTemplate {
    try {
      this.#all();
    } catch (error) {
      if (!(error instanceof TooDeep)) throw error;
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
      const { tokens, offset, mistake } = piece;
      this.#tokens = tokens;
      this.#at = 0;
      this.#offset = offset;
      this.#parentheses = 0;
      this.#isCut = false;
      if (mistake !== null) this.#collect(() => mistake);
      this.#isCut = mistake !== null;
      if (mistake !== null && tokens.length === 0) this.#blocksAreDoubtful = true;
      this.#attempt(() => this.#wholeAction(), undefined);
      if (this.#mistakes.length >= MISTAKES_MAX) return;
    }
    const open = this.#open.at(-1);
    if (open !== undefined && !this.#blocksAreDoubtful) {
      const fix = `Write ${this.#delimiters.left} end ${this.#delimiters.right} behind it.`;
      this.#isCut = false;
      this.#tell(`the ${open.word} has no end`, open.offset, fix);
    }
  }

  #wholeAction(): void {
    this.#action();
    const rest = this.#tokens[this.#at];
    if (rest !== undefined) this.#fail(`unexpected ${JSON.stringify(rest.value)}`, rest.offset);
  }

  /** Tells of what fails and goes on behind the action, with something in place of what would have been read. */
  #attempt<T>(read: () => T, instead: T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof TemplateError) || error instanceof TooDeep) throw error;
      this.#collect(() => error);
      this.#at = this.#tokens.length;
      return instead;
    }
  }

  /** Ends the action: what follows in it cannot be told apart. */
  #fail(reason: string, offset = this.#offset, fix?: string): never {
    throw this.#error(reason, offset, fix);
  }

  /** An else or an end that belongs to nothing. */
  #failAlone(reason: string, offset: number): never {
    if (this.#blocksAreDoubtful) this.#isCut = true;
    this.#blocksAreDoubtful = true;
    this.#fail(reason, offset);
  }

  #checkDepth(depth: number, ofWhat: string, offset: number): void {
    if (depth <= DEPTH_MAX) return;
    const place = { text: this.#text, offset };
    throw new TooDeep(`more than ${DEPTH_MAX} ${ofWhat}`, place);
  }

  /** Goes on behind it. */
  #tell(reason: string, offset: number, fix?: string): void {
    this.#collect(() => this.#error(reason, offset, fix));
  }

  /** Each looks for its line from the beginning of the text: those that nobody reads are not even made. */
  #collect(mistake: () => TemplateError): void {
    if (!this.#isCut && this.#mistakes.length < MISTAKES_MAX) this.#mistakes.push(mistake());
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
      if (REFUSED.has(first.value)) this.#refuse(first);
      if (this.#keyword(first.value)) return;
      this.#checkMistyped(first);
    }
    const sign = this.#tokens[1];
    if (first.kind === "variable" && sign?.kind === "sign" && /^:?=$/.test(sign.value)) {
      this.#assign(first, sign.value === ":=");
      return;
    }
    this.#add({ kind: "print", value: this.#pipeline() });
  }

  /** A word of no meaning in front of `$item :=` was to be a range: what it makes is known behind it. */
  #checkMistyped({ value: word, offset }: Token): void {
    const names = this.#namesBefore(":=");
    if (names.length === 0 || isFunction(word)) return;
    for (const name of names) this.#variables.add(name);
    this.#blocksAreDoubtful = true;
    throw new UnknownFunction(word, { text: this.#text, offset });
  }

  #refuse({ value: word, offset }: Token): never {
    if (REFUSED_BLOCKS.has(word)) {
      // Its end is not one too many.
      this.#blocksAreDoubtful = true;
      this.#openBlock({ word: "with", offset, head: UNREAD, isChained: false });
    }
    const fix = "Templates have if, with and range; what is used twice is written twice.";
    this.#fail(`${word} is not supported`, offset, fix);
  }

  #assign({ value: name, offset }: Token, isNew: boolean): void {
    this.#at = 2;
    if (!isNew) this.#checkVariable(name, offset);
    const value = this.#attempt(() => this.#pipeline(), NOTHING);
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
    const names = this.#namesBefore(":=");
    const read = () => (word === "range" ? this.#rangeHead() : this.#plainHead(word));
    const head = this.#attempt(read, UNREAD);
    this.#openBlock({ word, offset, head, isChained }, names);
  }

  #openBlock(
    block: Pick<Open, "word" | "offset" | "head" | "isChained">,
    names: readonly string[] = [],
  ): void {
    this.#checkDepth(this.#open.length + 1, "blocks", block.offset);
    this.#variables.open(names);
    this.#open.push({ ...block, body: [], otherwise: null });
  }

  /** Variables that the rest of the action makes, also where it is wrong otherwise. */
  #namesBefore(sign: string): string[] {
    const rest = this.#tokens.slice(this.#at);
    const end = rest.findIndex((token) => isSign(token, sign));
    return rest
      .slice(0, Math.max(end, 0))
      .flatMap(({ kind, value }) => (kind === "variable" ? [value] : []));
  }

  #plainHead(word: Block): Head {
    const [first, sign] = this.#tokens.slice(this.#at, this.#at + 2);
    if (word !== "range" && first?.kind === "variable" && isSign(sign, ":=")) {
      const fix = `Write $${first.value} := ... in an action of its own before.`;
      this.#fail(`${word} makes no variable`, first.offset, fix);
    }
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
    return this.#plainHead("range");
  }

  #else(): void {
    const { offset } = this.#next();
    const open = this.#open.at(-1);
    if (open === undefined || open.otherwise !== null) {
      this.#failAlone("an else without an if", offset);
    }
    open.otherwise = [];
    this.#closeVariables();
    this.#variables.open([]);
    const word = this.#tokens[this.#at]?.value;
    if (word === "if" || word === "with") this.#begin(word, true);
  }

  #end(): void {
    const { offset } = this.#next();
    for (;;) {
      const open = this.#open.pop();
      if (open === undefined) this.#failAlone("an end without a beginning", offset);
      this.#closeVariables();
      const { word, head, body, otherwise, isChained } = open;
      const { index, item, value } = head;
      const rest = otherwise ?? [];
      if (word === "range") this.#add({ kind: word, index, item, value, body, otherwise: rest });
      else this.#add({ kind: word, value, body, otherwise: rest });
      if (!isChained) return;
    }
  }

  /** What may still be inside of a block keeps its variables. */
  #closeVariables(): void {
    if (!this.#blocksAreDoubtful) this.#variables.close();
  }

  #next(): Token {
    const token = this.#tokens[this.#at];
    if (token === undefined) this.#fail("expected a value, and the action ends");
    this.#at += 1;
    return token;
  }

  #is(sign: string): boolean {
    return isSign(this.#tokens[this.#at], sign);
  }

  /** `a | b x` is `b x a`. */
  #pipeline(): Expression {
    let value = this.#checked(this.#command());
    for (let length = 1; this.#is("|"); length += 1) {
      this.#at += 1;
      const first = this.#tokens[this.#at];
      const offset = first?.offset ?? this.#offset;
      this.#checkDepth(length + 1, "functions in a pipe", offset);
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
    this.#checkDepth(this.#parentheses, "parentheses", offset);
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
    // A word that begins an action may be an if or an end that was mistyped.
    if (this.#at === 1) this.#blocksAreDoubtful = true;
    return NOTHING;
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
