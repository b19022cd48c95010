import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import type { TreeValue } from "../../jobfile/tree.ts";
import { treeOf } from "./tree.ts";

/** Both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Something wrong with a text, and where. */
export interface Mistake {
  readonly position: Position;
  readonly message: string;
}

const MERGE_KEY = "<<";

/** A document of YAML, of which JSON is a part, with the place of everything in it. */
export class SourceDocument {
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed;

  constructor(text: string) {
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      logLevel: "error",
      merge: true,
      stringKeys: true,
      // Looked for here instead: all of them, each with the place of the first.
      uniqueKeys: false,
    });
  }

  /** The first thing that makes it no YAML; null when there is none. What comes after it is mostly its consequence. */
  syntaxError(): Mistake | null {
    const [error] = this.#document.errors;
    // The parser makes a mistake of the text out of the end of its own stack.
    if (error?.message.startsWith("Maximum call stack")) throw new RangeError(error.message);
    if (error !== undefined) return { position: this.at(error.pos[0]), message: wordsOf(error) };
    return this.#unknownAlias();
  }

  /** Throws for a document with a syntax error, and for one whose aliases unfold into very much. */
  value(): unknown {
    return this.#document.toJS();
  }

  /** What it holds, with the places of all parts. Only for a document whose value could be read. */
  tree(file: string): TreeValue {
    return treeOf(this.#document, (offset) => this.at(offset), file);
  }

  /** Keys that stand twice in one mapping. */
  repeatedKeys(): Mistake[] {
    const mistakes: Mistake[] = [];
    visit(this.#document, {
      Map: (_, map) => void mistakes.push(...this.#repeatedIn(map)),
    });
    return mistakes;
  }

  /**
   * Where a field's value stands, its key where that is asked for or the value is no single one. Of a field that is not
   * there: what it is missing in. `path` is written as `tasks[3].id`.
   */
  positionOf(path: string, part: "key" | "value"): Position {
    let node: unknown = this.#document.contents;
    let position = this.#startOf(node);
    for (const key of keysOf(path)) {
      const found = this.#step(this.#resolved(node), key);
      if (found === null) return position;
      const { pair, value } = found;
      const isSingle = isScalar(value) || isAlias(value);
      const isOfValue = pair === null || (part === "value" && isSingle);
      position = this.#startOf(isOfValue ? value : pair.key);
      node = value;
    }
    return position;
  }

  /** The position of an offset in the text. */
  at(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    // An offset of zero is on no line where the text is empty.
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  #startOf(node: unknown): Position {
    return this.at(isNode(node) ? (node.range?.[0] ?? 0) : 0);
  }

  #resolved(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.#document) : node;
  }

  /** Where the key leads from a collection; `pair` is null in a list. */
  #step(node: unknown, key: string): { pair: Pair | null; value: unknown } | null {
    if (isSeq(node)) {
      const value = node.items[Number(key)];
      return value === undefined ? null : { pair: null, value };
    }
    if (!isMap(node)) return null;
    const own = node.items.find((pair) => keyOf(pair) === key);
    if (own !== undefined) return { pair: own, value: own.value };
    for (const pair of node.items.filter((item) => keyOf(item) === MERGE_KEY)) {
      const merged = this.#resolved(pair.value);
      for (const source of isSeq(merged) ? merged.items : [merged]) {
        const found = isSeq(source) ? null : this.#step(this.#resolved(source), key);
        if (found !== null) return found;
      }
    }
    return null;
  }

  #repeatedIn(map: YAMLMap): Mistake[] {
    const first = new Map<string, Pair>();
    return map.items.flatMap((pair) => {
      const key = keyOf(pair);
      const before = first.get(key);
      if (before === undefined) first.set(key, pair);
      if (before === undefined || key === MERGE_KEY) return [];
      const { line } = this.#startOf(before.key);
      const message = `Expected each field once and got ${key} again, which stands on line ${line} already.`;
      return [{ position: this.#startOf(pair.key), message }];
    });
  }

  #unknownAlias(): Mistake | null {
    let mistake: Mistake | null = null;
    visit(this.#document, {
      Alias: (_, alias) => {
        if (alias.resolve(this.#document) !== undefined) return undefined;
        const message = `Expected an anchor &${alias.source} above *${alias.source} and got none.`;
        mistake = { position: this.#startOf(alias), message };
        return visit.BREAK;
      },
    });
    return mistake;
  }
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : "";
}

function keysOf(path: string): string[] {
  return path
    .replace(/\[(\d+)\]/g, ".$1")
    .split(".")
    .filter((key) => key !== "");
}

/** The parser's words, but for those that speak of its own functions. */
function wordsOf({ code, message }: YAMLError): string {
  if (code === "MULTIPLE_DOCS") return "Expected one document and got another one behind ---.";
  if (code === "NON_STRING_KEY") return "Expected text as the name of a field.";
  return `${message.replace(/'quote/, "quote")}.`;
}
