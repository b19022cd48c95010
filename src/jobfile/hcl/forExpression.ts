import { build, type ExpressionParser } from "./build.ts";
import type { Scanner } from "./scanner.ts";
import type { Expression, ForClause } from "./syntax.ts";

function takeName(scanner: Scanner): string {
  if (scanner.peek().kind !== "identifier") scanner.fail("a name behind `for`");
  return scanner.take().text;
}

/** `for k, v in collection`, of an expression or of a template's directive. */
export function parseForClause(scanner: Scanner, parse: ExpressionParser): ForClause {
  scanner.take();
  const first = takeName(scanner);
  const second = scanner.accept(",") ? takeName(scanner) : null;
  if (!scanner.isWord("in")) scanner.fail("`in`");
  scanner.take();
  const collection = parse(scanner);
  if (second === null) return { keyName: null, valueName: first, collection };
  return { keyName: first, valueName: second, collection };
}

/** From behind the opening bracket, at `for`. */
export function parseFor(
  scanner: Scanner,
  parse: ExpressionParser,
  start: number,
  close: "]" | "}",
): Expression {
  const clause = parseForClause(scanner, parse);
  scanner.expect(":", "`:` behind the collection");
  const first = parse(scanner);
  const value = close === "}" ? parseArrow(scanner, parse) : null;
  const isGrouping = value !== null && scanner.accept("...");
  const condition = parseCondition(scanner, parse);
  scanner.expect(close, `\`${close}\` behind the \`for\` expression`);
  const parts = [clause.collection, first, value, condition];
  if (value === null) {
    return build(scanner, start, { kind: "forList", ...clause, value: first, condition }, parts);
  }
  const shape = { kind: "forObject", ...clause, key: first, value, condition, isGrouping } as const;
  return build(scanner, start, shape, parts);
}

function parseArrow(scanner: Scanner, parse: ExpressionParser): Expression {
  scanner.expect("=>", "`=>` and a value, as `{for ...}` makes an object");
  return parse(scanner);
}

function parseCondition(scanner: Scanner, parse: ExpressionParser): Expression | null {
  if (!scanner.isWord("if")) return null;
  scanner.take();
  return parse(scanner);
}
