import type { Call, Expression, ForClause, TemplatePart } from "./syntax.ts";

/** What an expression refers to, found without evaluating it. */
export interface ReferenceVisitor {
  /** `first` is the name or literal key behind the root, null where it is computed or missing. */
  readonly onReference: (expression: Expression, root: string, first: string | null) => void;
  readonly onCall: (call: Call) => void;
}

/** Visits all references but those to `bound` names (of `for` and `dynamic`). */
export function visitReferences(
  expression: Expression,
  visitor: ReferenceVisitor,
  bound: ReadonlySet<string>,
): void {
  switch (expression.kind) {
    case "name":
    case "attribute":
    case "index":
      visitTraversal(expression, visitor, bound);
      return;
    case "template":
      visitParts(expression.parts, visitor, bound);
      return;
    case "forList":
    case "forObject":
      visitFor(expression, visitor, bound);
      return;
    case "call":
      visitor.onCall(expression);
      break;
    case "literal":
    case "splatItem":
    case "group":
    case "wrapped":
    case "list":
    case "object":
    case "conditional":
    case "binary":
    case "unary":
    case "splat":
      break;
  }
  for (const part of partsOf(expression)) visitReferences(part, visitor, bound);
}

type Scopeless = Exclude<
  Expression,
  { kind: "name" | "attribute" | "index" | "template" | "forList" | "forObject" }
>;

function partsOf(expression: Scopeless): readonly Expression[] {
  switch (expression.kind) {
    case "literal":
    case "splatItem":
      return [];
    case "group":
    case "wrapped":
      return [expression.inner];
    case "list":
      return expression.items;
    case "object":
      return expression.entries.flatMap(({ key, value }) => [key, value]);
    case "conditional":
      return [expression.condition, expression.yes, expression.no];
    case "binary":
      return [expression.left, expression.right];
    case "unary":
      return [expression.operand];
    case "splat":
      return [expression.target, expression.each];
    case "call":
      // The second argument of `convert` is a type.
      return expression.name === "convert"
        ? expression.parameters.slice(0, 1)
        : expression.parameters;
  }
}

function visitFor(
  expression: Extract<Expression, { kind: "forList" | "forObject" }>,
  visitor: ReferenceVisitor,
  bound: ReadonlySet<string>,
): void {
  visitReferences(expression.collection, visitor, bound);
  const inner = withNames(bound, expression);
  const key = expression.kind === "forObject" ? expression.key : null;
  for (const part of [key, expression.value, expression.condition]) {
    if (part !== null) visitReferences(part, visitor, inner);
  }
}

function withNames(bound: ReadonlySet<string>, { keyName, valueName }: ForClause): Set<string> {
  return new Set([...bound, valueName, ...(keyName === null ? [] : [keyName])]);
}

function visitTraversal(
  expression: Expression,
  visitor: ReferenceVisitor,
  bound: ReadonlySet<string>,
): void {
  let first: string | null = null;
  let target = expression;
  while (target.kind === "attribute" || target.kind === "index") {
    if (target.kind === "attribute") {
      first = target.name;
    } else {
      const { index } = target;
      first = index.kind === "literal" ? String(index.value) : null;
      visitReferences(index, visitor, bound);
    }
    target = target.target;
  }
  if (target.kind !== "name") visitReferences(target, visitor, bound);
  else if (!bound.has(target.name)) visitor.onReference(expression, target.name, first);
}

function visitParts(
  parts: readonly TemplatePart[],
  visitor: ReferenceVisitor,
  bound: ReadonlySet<string>,
): void {
  for (const part of parts) {
    switch (part.kind) {
      case "text":
        break;
      case "value":
        visitReferences(part.value, visitor, bound);
        break;
      case "if":
        visitReferences(part.condition, visitor, bound);
        visitParts(part.yes, visitor, bound);
        visitParts(part.no, visitor, bound);
        break;
      case "for":
        visitReferences(part.collection, visitor, bound);
        visitParts(part.body, visitor, withNames(bound, part));
        break;
    }
  }
}
