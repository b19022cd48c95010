import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter, type Pair } from "yaml";
import type { Range, TreeEntry, TreeValue } from "../../jobfile/tree.ts";

/** What the tree is made from: a document without errors, whose aliases are known not to unfold into very much. */
export interface TreeSource {
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
  /** As the user named it. */
  readonly file: string;
}

/** YAML or JSON as a job file's decoder takes it: plain values, each with its place. */
export function documentTree(source: TreeSource): TreeValue {
  return treeOf(source.document.contents, source);
}

function treeOf(node: unknown, source: TreeSource): TreeValue {
  const range = rangeOf(node, source);
  if (isAlias(node)) return { ...treeOf(node.resolve(source.document), source), range };
  if (isSeq(node)) {
    return { kind: "list", items: node.items.map((item) => treeOf(item, source)), range };
  }
  if (isMap(node)) return { kind: "object", entries: entriesOf(node.items, source), range };
  return scalarTree(isScalar(node) ? node.value : null, range);
}

function scalarTree(value: unknown, range: Range): TreeValue {
  if (typeof value === "boolean") return { kind: "boolean", value, range };
  if (typeof value === "number") return { kind: "number", value, range };
  if (typeof value === "bigint") return { kind: "number", value: Number(value), range };
  if (value === null || value === undefined) return { kind: "null", range };
  return { kind: "string", value: String(value), range };
}

const MERGE_KEY = "<<";

/** What is merged in (`<<`) goes behind what stands there itself. */
function entriesOf(pairs: readonly Pair[], source: TreeSource): ReadonlyMap<string, TreeEntry> {
  const entries = new Map<string, TreeEntry>();
  for (const { key, value } of pairs) {
    const name = nameOf(key);
    const tree = treeOf(value, source);
    if (name !== MERGE_KEY) entries.set(name, { keyRange: rangeOf(key, source), value: tree });
    else for (const [merged, entry] of mergedEntries(tree)) setNew(entries, merged, entry, pairs);
  }
  return entries;
}

/** The library has a symbol for the merge key unless all keys are to be text. */
function nameOf(key: unknown): string {
  const value: unknown = isScalar(key) ? key.value : key;
  return typeof value === "symbol" ? (value.description ?? "") : String(value);
}

function mergedEntries(tree: TreeValue): (readonly [string, TreeEntry])[] {
  if (tree.kind === "object") return [...tree.entries];
  return tree.kind === "list" ? tree.items.flatMap(mergedEntries) : [];
}

function setNew(
  entries: Map<string, TreeEntry>,
  name: string,
  entry: TreeEntry,
  own: readonly Pair[],
): void {
  const isOwn = own.some(({ key }) => nameOf(key) === name);
  if (!isOwn && !entries.has(name)) entries.set(name, entry);
}

function rangeOf(node: unknown, { lines, file }: TreeSource): Range {
  const isPlaced = isAlias(node) || isSeq(node) || isMap(node) || isScalar(node);
  const [start = 0, end = start] = (isPlaced ? node.range : null) ?? [];
  return { file, start: positionAt(start, lines), end: positionAt(end, lines) };
}

function positionAt(offset: number, lines: LineCounter): Range["start"] {
  const { line, col } = lines.linePos(offset);
  // An offset of zero is on no line where the text is empty.
  return { line: Math.max(1, line), column: Math.max(1, col) };
}
