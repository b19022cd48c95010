import { build } from "./build.ts";
import { parseFor } from "./forExpression.ts";
import { describeToken, type Scanner, type Token } from "./scanner.ts";
import type { Span } from "./source.ts";
import type { BinaryOperator, Expression, ObjectEntry } from "./syntax.ts";
import { parseTemplate } from "./template.ts";

/** The weakest first. */
const BINARY_LEVELS: readonly (readonly BinaryOperator[])[] = [
  ["||"],
  ["&&"],
  ["==", "!="],
  ["<", "<=", ">", ">="],
  ["+", "-"],
  ["*", "/", "%"],
];

export function parseExpression(scanner: Scanner): Expression {
  return scanner.nested(() => {
    const condition = parseBinary(scanner, 0);
    if (!scanner.accept("?")) return condition;
    const yes = parseExpression(scanner);
    scanner.expect(":", "`:` and the value for false");
    const no = parseExpression(scanner);
    const shape = { kind: "conditional", condition, yes, no } as const;
    return build(scanner, condition.start, shape, [condition, yes, no]);
  });
}

function parseBinary(scanner: Scanner, level: number): Expression {
  const operators = BINARY_LEVELS[level];
  if (operators === undefined) return parseUnary(scanner);
  let left = parseBinary(scanner, level + 1);
  for (;;) {
    const operator = operators.find((symbol) => scanner.is(symbol));
    if (operator === undefined) return left;
    scanner.take();
    const right = parseBinary(scanner, level + 1);
    const shape = { kind: "binary", operator, left, right } as const;
    left = build(scanner, left.start, shape, [left, right]);
  }
}

function parseUnary(scanner: Scanner): Expression {
  const operator = scanner.is("!") ? "!" : "-";
  if (!scanner.is(operator)) return parsePostfix(scanner, parsePrimary(scanner));
  const { start } = scanner.take();
  const operand = scanner.nested(() => parseUnary(scanner));
  return build(scanner, start, { kind: "unary", operator, operand }, [operand]);
}

function parsePrimary(scanner: Scanner): Expression {
  const token = scanner.peek();
  switch (token.kind) {
    case "number":
      return parseNumber(scanner);
    case "identifier":
      return parseWord(scanner);
    case "symbol":
      return parseSymbol(scanner, token);
    case "newline":
      return scanner.fail("a value", "to go on in the next line, put the value in parentheses");
    case "end":
      return scanner.fail("a value");
    case "unknown":
      return scanner.fail("a value", token.text === "'" ? 'quote text with `"`' : undefined);
  }
}

function parseSymbol(scanner: Scanner, token: Token): Expression {
  switch (token.text) {
    case '"':
    case "<<":
    case "<<-":
      return parseTemplate(scanner, parseExpression);
    case "[":
      return scanner.withNewlines(false, () => parseList(scanner));
    case "{":
      return parseObject(scanner);
    case "(":
      return scanner.withNewlines(false, () => {
        scanner.take();
        const inner = parseExpression(scanner);
        scanner.expect(")", "`)`");
        return build(scanner, token.start, { kind: "group", inner }, [inner]);
      });
  }
  return scanner.fail("a value");
}

function parseNumber(scanner: Scanner): Expression {
  const token = scanner.take();
  const value = Number(token.text);
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
    const most = Number.MAX_SAFE_INTEGER;
    scanner.failAt(token, `expected a number of at most ${most}, found ${token.text.slice(0, 40)}`);
  }
  return build(scanner, token.start, { kind: "literal", value });
}

const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["false", false],
  ["null", null],
]);

function parseWord(scanner: Scanner): Expression {
  const token = scanner.take();
  const constant = CONSTANTS.get(token.text);
  if (constant !== undefined) {
    return build(scanner, token.start, { kind: "literal", value: constant });
  }
  if (scanner.is("(")) return scanner.withNewlines(false, () => parseCall(scanner, token));
  return build(scanner, token.start, { kind: "name", name: token.text });
}

function parseCall(scanner: Scanner, name: Token): Expression {
  scanner.take();
  const parameters: Expression[] = [];
  let isExpanded = false;
  while (!scanner.is(")")) {
    parameters.push(parseExpression(scanner));
    if (scanner.accept("...")) {
      isExpanded = true;
      break;
    }
    if (!scanner.accept(",")) break;
  }
  scanner.expect(")", isExpanded ? "`)` behind `...`" : "`,` or `)`");
  const nameSpan: Span = { start: name.start, end: name.end };
  const shape = { kind: "call", name: name.text, nameSpan, parameters, isExpanded } as const;
  return build(scanner, name.start, shape, parameters);
}

function parsePostfix(scanner: Scanner, first: Expression): Expression {
  let target = first;
  for (;;) {
    if (scanner.is(".")) target = parseDot(scanner, target);
    else if (scanner.is("[")) target = parseBracket(scanner, target);
    else return target;
  }
}

function attributeOf(scanner: Scanner, target: Expression, name: string): Expression {
  return build(scanner, target.start, { kind: "attribute", target, name }, [target]);
}

const DIGITS = /\d+/y;

function parseDot(scanner: Scanner, target: Expression): Expression {
  scanner.take();
  DIGITS.lastIndex = scanner.at;
  const digits = DIGITS.exec(scanner.text)?.[0];
  if (digits !== undefined) {
    // Old style `list.0`; taken by hand, as `.0.1` would be read as the number 0.1.
    const { at } = scanner;
    scanner.moveTo(at + digits.length);
    const index = build(scanner, at, { kind: "literal", value: Number(digits) });
    return build(scanner, target.start, { kind: "index", target, index }, [target]);
  }
  if (scanner.accept("*")) return parseAttributeSplat(scanner, target);
  if (scanner.peek().kind !== "identifier") scanner.fail("a name behind `.`");
  return attributeOf(scanner, target, scanner.take().text);
}

/** `list.*.a.b`: only names belong to each item; `[0]` behind them is of the whole result. */
function parseAttributeSplat(scanner: Scanner, target: Expression): Expression {
  let each = build(scanner, scanner.at, { kind: "splatItem" });
  while (scanner.accept(".")) {
    if (scanner.peek().kind !== "identifier") scanner.fail("a name behind `.`");
    each = attributeOf(scanner, each, scanner.take().text);
  }
  return build(scanner, target.start, { kind: "splat", target, each }, [target, each]);
}

function parseBracket(scanner: Scanner, target: Expression): Expression {
  const index = scanner.withNewlines(false, () => {
    scanner.take();
    const inner = scanner.accept("*") ? null : parseExpression(scanner);
    scanner.expect("]", "`]`");
    return inner;
  });
  if (index !== null) {
    return build(scanner, target.start, { kind: "index", target, index }, [target, index]);
  }
  const item = build(scanner, scanner.at, { kind: "splatItem" });
  const each = scanner.nested(() => parsePostfix(scanner, item));
  return build(scanner, target.start, { kind: "splat", target, each }, [target, each]);
}

function parseList(scanner: Scanner): Expression {
  const { start } = scanner.take();
  if (scanner.isWord("for")) return parseFor(scanner, parseExpression, start, "]");
  const items: Expression[] = [];
  while (!scanner.is("]")) {
    items.push(parseExpression(scanner));
    if (!scanner.accept(",")) break;
  }
  scanner.expect("]", "`,` or `]`");
  return build(scanner, start, { kind: "list", items }, items);
}

function parseObject(scanner: Scanner): Expression {
  const { start } = scanner.peek();
  const isFor = scanner.withNewlines(false, () => {
    scanner.take();
    const { at } = scanner;
    const found = scanner.isWord("for");
    scanner.moveTo(at);
    return found;
  });
  if (isFor)
    return scanner.withNewlines(false, () => parseFor(scanner, parseExpression, start, "}"));
  return scanner.withNewlines(true, () => {
    const entries: ObjectEntry[] = [];
    skipNewlines(scanner);
    while (!scanner.is("}")) {
      entries.push(parseEntry(scanner));
      if (!scanner.accept(",") && scanner.peek().kind !== "newline") break;
      skipNewlines(scanner);
    }
    scanner.expect("}", "`,`, a new line or `}` behind the entry");
    const parts = entries.flatMap(({ key, value }) => [key, value]);
    return build(scanner, start, { kind: "object", entries }, parts);
  });
}

export function skipNewlines(scanner: Scanner): void {
  while (scanner.peek().kind === "newline") scanner.take();
}

function parseEntry(scanner: Scanner): ObjectEntry {
  const first = scanner.peek();
  const key = parseKey(scanner);
  if (!scanner.accept("=") && !scanner.accept(":")) {
    const isReference = key.kind === "attribute" || key.kind === "index";
    const fix = isReference ? 'quote a key with dots, e.g. `"a.b" = 1`' : undefined;
    scanner.fail(`\`=\` or \`:\` behind the key ${describeToken(first)}`, fix);
  }
  return { key, value: parseExpression(scanner) };
}

function parseKey(scanner: Scanner): Expression {
  const token = scanner.peek();
  const key = parseExpression(scanner);
  const isWord = token.kind === "identifier" && key.end === token.end;
  if (isWord) {
    const { start, end, height } = key;
    return { kind: "literal", value: token.text, start, end, height };
  }
  if (key.kind === "attribute" || key.kind === "index") {
    scanner.failAt(
      key,
      "expected a name, a quoted text or an expression in parentheses as key",
      'quote a key with dots (`"a.b"`), or put a reference in parentheses (`(var.name)`)',
    );
  }
  return key;
}
