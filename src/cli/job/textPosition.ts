/** Finds lines in YAML and JSON, whose parsers here do not say where they were. Pure but for the parser that is given. */

export type Parse = (text: string) => unknown;

/** How a beginning that ends between two values, behind a key, or behind a colon may go on. */
const CONTINUATIONS = ["", " null", ": null"];

/**
 * The first line, from 1, with which the text can no longer become right; the last one when it merely ends too early.
 * `parse` may be more lenient than the language: what it accepts is not found.
 */
export function lineOfSyntaxError(text: string, parse: Parse): number {
  const lines = text.trimEnd().split("\n");
  const isBroken = (count: number) => {
    const head = lines.slice(0, count).join("\n");
    const end = closing(head);
    return CONTINUATIONS.every((more) => !parses(head + more + end, parse));
  };
  return firstTrue(lines.length, isBroken) ?? lines.length;
}

/**
 * The line, from 1, on which a field first has a value; null when it is not found. It is the last line of the shortest
 * beginning of the text, with what is still open closed, in which the field is there.
 */
export function lineOfField(text: string, path: string, parse: Parse): number | null {
  const keys = keysOf(path);
  const lines = text.split("\n");
  const isThere = (count: number) => {
    const head = lines.slice(0, count).join("\n");
    return hasValue(parsed(head, parse) ?? parsed(head + closing(head), parse), keys);
  };
  if (keys.length === 0 || !isThere(lines.length)) return null;
  return firstTrue(lines.length, isThere);
}

function parses(text: string, parse: Parse): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

function parsed(text: string, parse: Parse): unknown {
  return parses(text, parse) ? parse(text) : undefined;
}

/** By halving: the smallest count for which it is true, if it stays true from there on. */
function firstTrue(most: number, holds: (count: number) => boolean): number | null {
  let low = 1;
  let high = most;
  if (!holds(high)) return null;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function keysOf(path: string): string[] {
  return path
    .replace(/\[(\d+)\]/g, ".$1")
    .split(".")
    .filter((key) => key !== "");
}

function hasValue(value: unknown, keys: readonly string[]): boolean {
  let at = value;
  for (const key of keys) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return false;
    at = Reflect.get(at, key);
  }
  return at !== undefined;
}

/** The brackets of flow style, which JSON is, that are still open at the end of the text. */
function closing(text: string): string {
  const open: string[] = [];
  for (const [token] of text.matchAll(/"(?:[^"\\\n]|\\.)*"|(?<=^|\s)#.*|[[\]{}]/gm)) {
    if (token === "{") open.push("}");
    else if (token === "[") open.push("]");
    else if (token === "}" || token === "]") open.pop();
  }
  return open.reverse().join("");
}
