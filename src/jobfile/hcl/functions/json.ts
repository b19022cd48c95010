import {
  aroundReferences,
  isList,
  isObject,
  numberText,
  sortedEntries,
  type Value,
} from "../value.ts";

/** Deeper JSON and YAML is refused. */
const MAX_DEPTH = 90;

/** As Go writes JSON: `<`, `>` and `&` escaped, keys sorted. */
function quote(text: string): string {
  const encode = (part: string) =>
    JSON.stringify(part)
      .slice(1, -1)
      .replaceAll("<", "\\u003c")
      .replaceAll(">", "\\u003e")
      .replaceAll("&", "\\u0026")
      .replaceAll("\u2028", "\\u2028")
      .replaceAll("\u2029", "\\u2029");
  return `"${aroundReferences(text, encode)}"`;
}

export function jsonText(value: Value): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") return numberText(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (isList(value)) return `[${value.map(jsonText).join(",")}]`;
  if (!isObject(value)) return "null";
  const entries = sortedEntries(value).map(([key, item]) => `${quote(key)}:${jsonText(item)}`);
  return `{${entries.join(",")}}`;
}

/** What is no JSON value (dates of YAML and the like), or lies too deep. */
export class ForeignValueError extends Error {}

/** The value of what a JSON or YAML parser gave. */
export function fromForeign(foreign: unknown, depth = 0): Value {
  if (depth > MAX_DEPTH) throw new ForeignValueError(`expected at most ${MAX_DEPTH} levels`);
  if (foreign === null || foreign === undefined || typeof foreign === "boolean") {
    return foreign ?? null;
  }
  if (typeof foreign === "number") {
    if (Number.isFinite(foreign)) return foreign;
    throw new ForeignValueError("expected finite numbers");
  }
  if (typeof foreign === "string") return foreign.toWellFormed();
  if (Array.isArray(foreign)) return foreign.map((item) => fromForeign(item, depth + 1));
  if (typeof foreign !== "object") throw new ForeignValueError(`found a ${typeof foreign}`);
  const entries = foreign instanceof Map ? [...foreign] : Object.entries(foreign);
  return new Map(
    entries.map(([key, item]) => [String(key).toWellFormed(), fromForeign(item, depth + 1)]),
  );
}
