import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Pair,
  type YAMLMap,
} from "yaml";
import type { Position, Range, TextLine, TreeEntry, TreeValue } from "../../jobfile/tree.ts";

type PositionOf = (offset: number) => Position;

/** A document of YAML or JSON as the tree that jobs of groups are read from; aliases and merged keys are filled in. */
export function treeOf(document: Document, positionOf: PositionOf, file: string): TreeValue {
  return new Tree(document, positionOf, file).value(document.contents);
}

const MERGE_KEY = "<<";

class Tree {
  readonly #document: Document;
  readonly #positionOf: PositionOf;
  readonly #file: string;

  constructor(document: Document, positionOf: PositionOf, file: string) {
    this.#document = document;
    this.#positionOf = positionOf;
    this.#file = file;
  }

  value(node: unknown): TreeValue {
    if (isAlias(node))
      return { ...this.value(node.resolve(this.#document)), range: this.#range(node) };
    const range = this.#range(node);
    if (isSeq(node))
      return { kind: "list", items: node.items.map((item) => this.value(item)), range };
    if (isMap(node)) return { kind: "object", entries: this.#entries(node), range };
    const scalar: unknown = isScalar(node) ? node.value : null;
    if (scalar === null || scalar === undefined) return { kind: "null", range };
    if (typeof scalar === "boolean") return { kind: "boolean", value: scalar, range };
    if (typeof scalar === "number") return { kind: "number", value: scalar, range };
    const text = String(scalar);
    if (!isScalar(node) || node.type !== "BLOCK_LITERAL")
      return { kind: "string", value: text, range };
    return { kind: "string", value: text, range, lines: blockLines(text, range) };
  }

  /** What is merged in does not go before what the mapping has itself. */
  #entries(map: YAMLMap): Map<string, TreeEntry> {
    const entries = new Map<string, TreeEntry>();
    for (const pair of map.items.filter((item) => keyOf(item) === MERGE_KEY)) {
      const merged = this.value(pair.value);
      for (const source of merged.kind === "list" ? merged.items : [merged]) {
        if (source.kind !== "object") continue;
        for (const [key, entry] of source.entries) if (!entries.has(key)) entries.set(key, entry);
      }
    }
    for (const pair of map.items) {
      const key = keyOf(pair);
      if (key === MERGE_KEY) continue;
      entries.set(key, { keyRange: this.#range(pair.key), value: this.value(pair.value) });
    }
    return entries;
  }

  #range(node: unknown): Range {
    const [start = 0, end = start] = (isNode(node) ? node.range : null) ?? [];
    return { file: this.#file, start: this.#positionOf(start), end: this.#positionOf(end) };
  }
}

/** The text behind `|` begins on the next line and keeps its lines; how far it is indented is not known. */
function blockLines(text: string, { start }: Range): TextLine[] {
  return text.split("\n").map((_, index) => ({
    start: { line: start.line + 1 + index, column: 1 },
    verbatim: 0,
  }));
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : "";
}
