import { isReading, type ReadingFunction } from "../../model/template/functions.ts";
import { type Delimiters, TemplateError } from "../../model/template/lexer.ts";
import type { Expression, Node } from "../../model/template/nodes.ts";
import { parseTemplate } from "../../model/template/parser.ts";
import { FUNCTIONS, FunctionError, isList, isTrue, textOf, type Value } from "./functions.ts";

/** What templates read. */
export interface TemplateData {
  /** Of the member, its node's `node.*`, `attr.*` and `meta.*` included. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of job, group and member. */
  readonly meta: Readonly<Record<string, string>>;
  /** What is known of the key: its value, null if there is none, undefined if nobody has looked yet. */
  readonly key: (path: string) => string | null | undefined;
}

export type Rendered =
  | { readonly outcome: "rendered"; readonly text: string }
  /** To be rendered again once it is known. */
  | { readonly outcome: "keyWanted"; readonly path: string }
  /** There is no such key, and no default either: to be rendered once there is. */
  | { readonly outcome: "keyMissing"; readonly path: string }
  | { readonly outcome: "failed"; readonly reason: string };

class KeyWanted extends Error {
  readonly path: string;

  constructor(path: string) {
    super(path);
    this.path = path;
  }
}

class KeyMissing extends KeyWanted {}

/** Renders a template. It computes nothing that its data does not give it. */
export function render(text: string, delimiters: Delimiters, data: TemplateData): Rendered {
  try {
    const nodes = parseTemplate(text, delimiters);
    return { outcome: "rendered", text: new Renderer(text, data).renderAll(nodes) };
  } catch (error) {
    if (error instanceof KeyMissing) return { outcome: "keyMissing", path: error.path };
    if (error instanceof KeyWanted) return { outcome: "keyWanted", path: error.path };
    if (error instanceof TemplateError) return { outcome: "failed", reason: error.message };
    throw error;
  }
}

/** Passes of all loops together: more is a mistake, and would hold the agent up. */
const PASSES_MAX = 100_000;

class Renderer {
  readonly #text: string;
  readonly #data: TemplateData;
  /** The innermost last. */
  readonly #variables: Map<string, Value>[] = [new Map()];
  #dot: Value = null;
  #passes = 0;

  constructor(text: string, data: TemplateData) {
    this.#text = text;
    this.#data = data;
  }

  renderAll(nodes: readonly Node[]): string {
    return nodes.map((node) => this.#render(node)).join("");
  }

  #render(node: Node): string {
    switch (node.kind) {
      case "text":
        return node.text;
      case "print":
        return textOf(this.#evaluate(node.value));
      case "assign":
        this.#assign(node, this.#evaluate(node.value));
        return "";
      case "if":
        return this.#scoped(
          this.#dot,
          isTrue(this.#evaluate(node.value)) ? node.body : node.otherwise,
        );
      case "with": {
        const value = this.#evaluate(node.value);
        return isTrue(value)
          ? this.#scoped(value, node.body)
          : this.#scoped(this.#dot, node.otherwise);
      }
      case "range":
        return this.#range(node);
    }
  }

  #range(node: Extract<Node, { kind: "range" }>): string {
    const value = this.#evaluate(node.value);
    const entries = entriesOf(value);
    if (entries === null) this.#fail(`range over ${textOf(value)}`, node.value.offset);
    if (entries.length === 0) return this.#scoped(this.#dot, node.otherwise);
    return entries
      .map(([index, item]) => {
        this.#passes += 1;
        if (this.#passes > PASSES_MAX)
          this.#fail(`more than ${PASSES_MAX} passes`, node.value.offset);
        const names: [string, Value][] = [];
        if (node.index !== null) names.push([node.index, index]);
        if (node.item !== null) names.push([node.item, item]);
        return this.#scoped(item, node.body, names);
      })
      .join("");
  }

  #scoped(dot: Value, nodes: readonly Node[], names: readonly [string, Value][] = []): string {
    const before = this.#dot;
    this.#dot = dot;
    this.#variables.push(new Map(names));
    const text = this.renderAll(nodes);
    this.#variables.pop();
    this.#dot = before;
    return text;
  }

  #assign({ name, isNew }: Extract<Node, { kind: "assign" }>, value: Value): void {
    const known = isNew ? undefined : this.#variables.findLast((each) => each.has(name));
    const scope = known ?? this.#variables.at(-1);
    scope?.set(name, value);
  }

  #fail(reason: string, offset: number): never {
    throw new TemplateError(reason, { text: this.#text, offset });
  }

  #evaluate(expression: Expression): Value {
    switch (expression.kind) {
      case "literal":
        return expression.value;
      case "path":
        return this.#follow(expression);
      case "call":
        return this.#call(expression);
    }
  }

  #follow({ variable, fields, offset }: Extract<Expression, { kind: "path" }>): Value {
    let value: Value = this.#dot;
    if (variable !== null && variable !== "") {
      const found = this.#variables.findLast((scope) => scope.has(variable))?.get(variable);
      if (found === undefined) this.#fail(`there is no variable $${variable}`, offset);
      value = found;
    }
    for (const field of fields) {
      if (typeof value !== "object" || value === null || isList(value)) {
        this.#fail(`${textOf(value)} has no field ${field}`, offset);
      }
      value = (value as { readonly [key: string]: Value })[field] ?? null;
    }
    return value;
  }

  #call({ name, args, offset }: Extract<Expression, { kind: "call" }>): Value {
    const values = args.map((each) => this.#evaluate(each));
    try {
      return isReading(name) ? this.#read(name, values) : FUNCTIONS[name](...values);
    } catch (error) {
      if (error instanceof FunctionError) this.#fail(`${name}: ${error.message}`, offset);
      throw error;
    }
  }

  #read(name: ReadingFunction, [first, second]: readonly Value[]): Value {
    if (typeof first !== "string") throw new FunctionError("expected a name");
    const { environment, meta } = this.#data;
    switch (name) {
      case "env":
        return environment[first] ?? "";
      case "envOrDefault":
        return environment[first] || textOf(second ?? "");
      case "meta":
        return meta[first] ?? "";
      case "key": {
        const value = this.#key(first);
        if (value === null) throw new KeyMissing(first);
        return value;
      }
      case "keyOrDefault":
        return this.#key(first) ?? textOf(second ?? "");
      case "keyExists":
        return this.#key(first) !== null;
    }
  }

  #key(path: string): string | null {
    const value = this.#data.key(path);
    if (value === undefined) throw new KeyWanted(path);
    return value;
  }
}

/** Maps in the order of their keys, as Go has them; null: nothing to go through. */
function entriesOf(value: Value): readonly [Value, Value][] | null {
  if (isList(value)) return value.map((item, index): [Value, Value] => [index, item]);
  if (value === null) return [];
  if (typeof value !== "object") return null;
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}
