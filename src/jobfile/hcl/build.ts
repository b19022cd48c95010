import type { Scanner } from "./scanner.ts";
import type { Expression } from "./syntax.ts";

/** Passed to the parsers of the parts of expressions, which call it for the expressions in them. */
export type ExpressionParser = (scanner: Scanner) => Expression;

/** Also bounds chains (`a.b.c...`, `1 + 2 + ...`), which need no nesting to become deep. */
const MAX_HEIGHT = 500;

type Shape = Expression extends infer E
  ? E extends Expression
    ? Omit<E, "start" | "end" | "height">
    : never
  : never;

/** An expression over the given parts, with its height. */
export function build(
  scanner: Scanner,
  start: number,
  shape: Shape,
  parts: readonly (Expression | null)[] = [],
): Expression {
  const height = 1 + parts.reduce((most, part) => Math.max(most, part?.height ?? 0), 0);
  const span = { start, end: scanner.at };
  if (height > MAX_HEIGHT) {
    scanner.failAt(span, `expected an expression of at most ${MAX_HEIGHT} parts in a chain`);
  }
  return { ...shape, ...span, height } as Expression;
}
