import type { PlainValue, Range, TreeEntry, TreeValue } from "../tree.ts";

/**
 * A value without places as a tree: in place of a file's name each range has the path of its field, as
 * `TaskGroups[0].Count`. For what came over the API.
 */
export function plainTree(value: PlainValue, path = ""): TreeValue {
  const range = rangeAt(path);
  if (value === null) return { kind: "null", range };
  if (typeof value === "string") return { kind: "string", value, range };
  if (typeof value === "number") return { kind: "number", value, range };
  if (typeof value === "boolean") return { kind: "boolean", value, range };
  if (isList(value)) {
    const items = value.map((item, index) => plainTree(item, `${path}[${index}]`));
    return { kind: "list", items, range };
  }
  const entries = new Map<string, TreeEntry>();
  for (const [key, inner] of Object.entries(value)) {
    const place = path === "" ? key : `${path}.${key}`;
    entries.set(key, { keyRange: rangeAt(place), value: plainTree(inner, place) });
  }
  return { kind: "object", entries, range };
}

function isList(value: PlainValue): value is readonly PlainValue[] {
  return Array.isArray(value);
}

const START = { line: 1, column: 1 };

function rangeAt(path: string): Range {
  return { file: path, start: START, end: START };
}
