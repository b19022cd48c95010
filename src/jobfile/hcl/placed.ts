import type { TextLine, TreeEntry, TreeValue } from "../tree.ts";
import { EvaluationFailure } from "./problem.ts";
import type { Source, Span } from "./source.ts";
import type { Expression, LineSyntax } from "./syntax.ts";
import { isList, isObject, type Value, writtenText } from "./value.ts";

/** Values share their parts while they are computed, and no longer in the tree. */
const MAX_TREE_VALUES = 1_000_000;

/** Puts places to computed values: their own to what is written out, that of the expression to the rest. */
export class Placer {
  readonly #source: Source;
  #left = MAX_TREE_VALUES;

  constructor(source: Source) {
    this.#source = source;
  }

  place(expression: Expression, value: Value): TreeValue {
    if (expression.kind === "group" || expression.kind === "wrapped") {
      return this.place(expression.inner, value);
    }
    if (expression.kind === "list" && isList(value)) {
      const items = value.map((item, index) => {
        const written = expression.items[index];
        return written === undefined ? this.#spread(expression, item) : this.place(written, item);
      });
      return { kind: "list", items, range: this.#source.range(expression) };
    }
    if (expression.kind === "object" && isObject(value)) {
      return this.#placeObject(expression, value);
    }
    const placed = this.#spread(expression, value);
    const isText = expression.kind === "literal" || expression.kind === "template";
    if (placed.kind !== "string" || !isText || expression.lines === undefined) return placed;
    const { lines } = expression;
    // A value within the text has added lines, or directives have left some out.
    if (placed.value.split("\n").length !== lines.length) return placed;
    return { ...placed, lines: lines.map((line) => this.#line(line)) };
  }

  #line({ start, verbatim }: LineSyntax): TextLine {
    const written = this.#source.text.slice(start, start + verbatim);
    return { start: this.#source.position(start), verbatim: [...written].length };
  }

  #placeObject(
    expression: Extract<Expression, { kind: "object" }>,
    value: ReadonlyMap<string, Value>,
  ): TreeValue {
    const written = new Map<string, { readonly key: Expression; readonly value: Expression }>();
    for (const entry of expression.entries) {
      // A computed key is found by being the only one at its position; equal keys keep the last, as the value does.
      if (entry.key.kind === "literal") written.set(String(entry.key.value), entry);
    }
    const entries = new Map<string, TreeEntry>();
    for (const [key, item] of value) {
      const entry = written.get(key);
      entries.set(writtenText(key), {
        keyRange: this.#source.range(entry?.key ?? expression),
        value: entry === undefined ? this.#spread(expression, item) : this.place(entry.value, item),
      });
    }
    return { kind: "object", entries, range: this.#source.range(expression) };
  }

  #spread(span: Span, value: Value): TreeValue {
    const range = this.#source.range(span);
    const spread = (inner: Value): TreeValue => {
      this.#left -= 1;
      if (this.#left < 0) {
        const message = `expected a file of at most ${MAX_TREE_VALUES} values, found more`;
        throw new EvaluationFailure([{ span, message }]);
      }
      if (inner === null) return { kind: "null", range };
      if (typeof inner === "string") return { kind: "string", value: writtenText(inner), range };
      if (typeof inner === "number") return { kind: "number", value: inner, range };
      if (typeof inner === "boolean") return { kind: "boolean", value: inner, range };
      if (isList(inner)) return { kind: "list", items: inner.map(spread), range };
      const entries = new Map<string, TreeEntry>();
      for (const [key, item] of inner) {
        entries.set(writtenText(key), { keyRange: range, value: spread(item) });
      }
      return { kind: "object", entries, range };
    };
    return spread(value);
  }
}
