/** Where a text stops being JSON: the parser itself does not say. Pure. */

/** What may come next. */
type Wanted = "value" | "valueOrEnd" | "key" | "keyOrEnd" | "colon" | "commaOrEnd";

const TOKEN =
  /[\s\uFEFF]*(?:([[\]{},:])|("(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/uy;
const SPACE = /\s*/y;

/** The offset of the first character that can not stand where it does; the length of a text that ends too early. */
export function offsetOfJsonError(text: string): number {
  const open: ("}" | "]")[] = [];
  let wanted: Wanted = "value";
  let at = 0;
  while (true) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    const begin = afterSpace(text, at);
    if (found === null) return begin;
    const next = follow(wanted, found[1] ?? (found[2] === undefined ? "scalar" : "string"), open);
    if (next === null) return begin;
    wanted = next;
    at = TOKEN.lastIndex;
  }
}

function afterSpace(text: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.exec(text);
  return SPACE.lastIndex;
}

/** What may follow the token; null when it may not stand there. Keeps account of what is open. */
function follow(wanted: Wanted, token: string, open: ("}" | "]")[]): Wanted | null {
  switch (wanted) {
    case "value":
    case "valueOrEnd":
      if (token === "]" && wanted === "valueOrEnd") return closed(token, open);
      return begun(token, open);
    case "key":
    case "keyOrEnd":
      if (token === "}" && wanted === "keyOrEnd") return closed(token, open);
      return token === "string" ? "colon" : null;
    case "colon":
      return token === ":" ? "value" : null;
    case "commaOrEnd":
      if (token !== ",") return closed(token, open);
      if (open.length === 0) return null;
      return open.at(-1) === "}" ? "key" : "value";
  }
}

function begun(token: string, open: ("}" | "]")[]): Wanted | null {
  if (token === "string" || token === "scalar") return "commaOrEnd";
  if (token === "{") open.push("}");
  else if (token === "[") open.push("]");
  else return null;
  return token === "{" ? "keyOrEnd" : "valueOrEnd";
}

function closed(token: string, open: ("}" | "]")[]): Wanted | null {
  if (token !== open.at(-1)) return null;
  open.pop();
  return "commaOrEnd";
}
