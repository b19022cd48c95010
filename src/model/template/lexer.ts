/** A template that cannot be rendered; line and column count from 1, in characters of its own text. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
  /** What is wrong, without the place. */
  readonly reason: string;
  readonly line: number;
  readonly column: number;
  /** What to write instead; null: nothing better is known than that. */
  readonly fix: string | null;

  constructor(
    reason: string,
    place: { text: string; offset: number; cause?: unknown; fix?: string },
  ) {
    const before = place.text.slice(0, place.offset);
    const line = before.split("\n").length;
    const column = [...before.slice(before.lastIndexOf("\n") + 1)].length + 1;
    const { cause, fix = null } = place;
    super(`line ${line}, column ${column}: ${reason}`, cause === undefined ? {} : { cause });
    this.reason = reason;
    this.line = line;
    this.column = column;
    this.fix = fix;
  }
}

export interface Delimiters {
  readonly left: string;
  readonly right: string;
}

/** Text to be copied, or what stands between delimiters. */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "action";
      readonly tokens: readonly Token[];
      readonly offset: number;
      /** What is no token; then the tokens are those before it. */
      readonly mistake: TemplateError | null;
    };

export interface Token {
  readonly kind: "word" | "text" | "number" | "variable" | "field" | "sign";
  /** Of texts and fields, without quotes and dots. */
  readonly value: string;
  readonly offset: number;
}

/**
 * Cuts a template into text and actions; `{{-` and `-}}` take the space beside them away, comments vanish. After
 * something that is no token it goes on where the action ends or, if that comes first, where another one begins.
 */
export function* cut(text: string, delimiters: Delimiters): Generator<Piece> {
  const { left } = delimiters;
  let trimNext = false;
  for (let at = 0; at <= text.length; ) {
    const open = text.indexOf(left, at);
    const end = open < 0 ? text.length : open;
    const trimsBefore =
      open >= 0 && /^-\s/.test(text.slice(open + left.length, open + left.length + 2));
    let plain = text.slice(at, end);
    if (trimNext) plain = plain.trimStart();
    if (trimsBefore) plain = plain.trimEnd();
    if (plain !== "") yield { kind: "text", text: plain };
    if (open < 0) return;
    const from = open + left.length + (trimsBefore ? 1 : 0);
    const { tokens, mistake, next, trims } = readAction(text, from, open, delimiters);
    if (tokens !== null) yield { kind: "action", tokens, offset: open, mistake };
    trimNext = trims;
    at = next;
  }
}

interface Action {
  /** Null: a comment. */
  readonly tokens: Token[] | null;
  readonly mistake: TemplateError | null;
  readonly next: number;
  readonly trims: boolean;
}

/** Looked for where the action begins: cutting the text there for each would take time for its square. */
const COMMENT = /\s*\/\*[\s\S]*?\*\/\s*/y;

function readAction(text: string, from: number, open: number, delimiters: Delimiters): Action {
  const { right } = delimiters;
  COMMENT.lastIndex = from;
  const comment = COMMENT.exec(text);
  const tokens: Token[] = [];
  for (let at = comment === null ? from : from + comment[0].length; ; ) {
    while (/\s/.test(text.charAt(at)) && !text.startsWith(right, at)) at += 1;
    const trims =
      text[at] === "-" && text.startsWith(right, at + 1) && /\s/.test(text.charAt(at - 1));
    if (trims || text.startsWith(right, at)) {
      const next = at + (trims ? 1 : 0) + right.length;
      return { tokens: comment === null ? tokens : null, mistake: null, next, trims };
    }
    const read = at < text.length ? readToken(text, at) : null;
    if (read === null || read instanceof TemplateError) {
      const mistake = read ?? new TemplateError("the action is not closed", { text, offset: open });
      return { tokens, mistake, next: endAfter(text, from, delimiters), trims: false };
    }
    tokens.push(read.token);
    at = read.next;
  }
}

/**
 * Where to go on after a mistake in an action. Looked for from its beginning: the quotes of a text that is not closed
 * pair up with those of later actions, which are not part of it.
 */
function endAfter(text: string, from: number, { left, right }: Delimiters): number {
  const end = text.indexOf(right, from);
  const begin = text.indexOf(left, from);
  if (end >= 0 && (begin < 0 || end <= begin)) return end + right.length;
  return begin < 0 ? text.length : begin;
}

const PATTERNS: readonly (readonly [Token["kind"], RegExp])[] = [
  ["number", /[-+]?\d+(?:\.\d+)?/y],
  ["variable", /\$\w*/y],
  ["field", /\.(?:[A-Za-z_]\w*)?/y],
  ["word", /[A-Za-z_]\w*/y],
  ["sign", /:=|[=|(),]/y],
];

type ReadToken = { readonly token: Token; readonly next: number } | TemplateError;

function readToken(text: string, offset: number): ReadToken {
  const quote = text[offset];
  if (quote === '"' || quote === "`") return readQuoted(text, offset, quote);
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = offset;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) continue;
    const value = kind === "field" || kind === "variable" ? found.slice(1) : found;
    return { token: { kind, value, offset }, next: offset + found.length };
  }
  return new TemplateError(`unexpected ${JSON.stringify(quote)}`, { text, offset });
}

function readQuoted(text: string, offset: number, quote: string): ReadToken {
  const pattern = quote === "`" ? /`([^`]*)`/y : /"((?:[^"\\\n]|\\.)*)"/y;
  pattern.lastIndex = offset;
  const found = pattern.exec(text);
  if (found === null) return new TemplateError("the text is not closed", { text, offset });
  const inner = found[1] ?? "";
  const value = quote === "`" ? inner : unescaped(inner, text, offset);
  if (value instanceof TemplateError) return value;
  return { token: { kind: "text", value, offset }, next: offset + found[0].length };
}

function unescaped(inner: string, text: string, offset: number): string | TemplateError {
  try {
    return JSON.parse(`"${inner.replaceAll("\t", "\\t")}"`) as string;
  } catch (error) {
    const reason = "the text has an escape that is not known";
    return new TemplateError(reason, { text, offset, cause: error });
  }
}
