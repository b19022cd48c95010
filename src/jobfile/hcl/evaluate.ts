import { ArgumentFailure, Given } from "./functions/given.ts";
import { FUNCTIONS } from "./functions/table.ts";
import { applyBinary, applyUnary, OperandFailure } from "./operators.ts";
import type { HclOptions } from "./options.ts";
import { EvaluationFailure, type Problem } from "./problem.ts";
import { isNodeRoot, undeclaredName, unknownFunction, unknownRoot } from "./references.ts";
import type { Scope } from "./scope.ts";
import type { Source, Span } from "./source.ts";
import type { Call, Expression, ForClause, ForObject, TemplatePart } from "./syntax.ts";
import { ConversionFailure, convertTo, readType } from "./typeConstraint.ts";
import {
  booleanOf,
  describeValue,
  isList,
  isObject,
  numberOf,
  referenceText,
  sortedEntries,
  textOf,
  type Value,
} from "./value.ts";
import { Scales } from "./weight.ts";

/** A file's expressions can call for any amount of work (`for` in `for`), so what is done is counted. */
const MAX_STEPS = 2_000_000;

/** What `var.` and `local.` hold. */
export interface NamedValues {
  /** Undefined: not declared. `failed`: declared, but what is wrong with it is told elsewhere. */
  readonly find: (name: string) => { readonly value: Value } | "failed" | undefined;
  readonly names: () => readonly string[];
}

type Reference = Extract<Expression, { kind: "attribute" | "index" }>;

function failAt(span: Span, message: string, fix?: string): never {
  const problem: Problem = { span, message, ...(fix === undefined ? {} : { fix }) };
  throw new EvaluationFailure([problem]);
}

/** Evaluates all, also behind one that fails, so that all their problems are told together. */
export function evaluateAll<T, R>(items: readonly T[], evaluate: (item: T) => R): R[] {
  const problems: Problem[] = [];
  const results: R[] = [];
  let hasFailed = false;
  for (const item of items) {
    try {
      results.push(evaluate(item));
    } catch (failure) {
      if (!(failure instanceof EvaluationFailure)) throw failure;
      problems.push(...failure.problems);
      hasFailed = true;
    }
  }
  if (hasFailed) throw new EvaluationFailure(problems);
  return results;
}

/** Computes the values of expressions. Every method throws EvaluationFailure and nothing else. */
export class Evaluator {
  readonly #source: Source;
  readonly #options: HclOptions;
  readonly #roots: ReadonlyMap<string, NamedValues>;
  readonly #scales = new Scales();
  #stepsLeft = MAX_STEPS;

  /** `roots` are `var` and `local`. */
  constructor(source: Source, options: HclOptions, roots: ReadonlyMap<string, NamedValues>) {
    this.#source = source;
    this.#options = options;
    this.#roots = roots;
  }

  evaluate(expression: Expression, scope: Scope): Value {
    this.spend(expression, 1);
    const value = this.#compute(expression, scope);
    const excess = this.#scales.excess(value);
    if (excess !== null) failAt(expression, excess);
    return value;
  }

  /** What is only known on a node cannot decide anything here. */
  evaluateKnown(expression: Expression, scope: Scope, what: string): Value {
    const value = this.evaluate(expression, scope);
    if (this.#scales.hasReference(value)) {
      failAt(expression, `expected ${what} that is known now, found ${describeValue(value)}`);
    }
    return value;
  }

  /** Counts work; fails where it is too much. */
  spend(span: Span, steps: number): void {
    this.#stepsLeft -= steps;
    if (this.#stepsLeft < 0) {
      failAt(span, `expected a file that takes at most ${MAX_STEPS} steps, found more`);
    }
  }

  #compute(expression: Expression, scope: Scope): Value {
    switch (expression.kind) {
      case "literal":
        return expression.value;
      case "group":
      case "wrapped":
        return this.evaluate(expression.inner, scope);
      case "template":
        return this.#template(expression.parts, scope);
      case "list":
        return evaluateAll(expression.items, (item) => this.evaluate(item, scope));
      case "object":
        return this.#object(expression.entries, scope);
      case "forList":
        return this.#forList(expression, scope);
      case "forObject":
        return this.#forObject(expression, scope);
      case "conditional":
        return this.#isTrue(expression.condition, scope)
          ? this.evaluate(expression.yes, scope)
          : this.evaluate(expression.no, scope);
      case "binary":
        return this.#binary(expression, scope);
      case "unary": {
        const operand = this.evaluateKnown(expression.operand, scope, "a value");
        return this.#operate(expression, () => applyUnary(expression.operator, operand));
      }
      case "name":
        return this.#name(expression, scope);
      case "attribute":
      case "index":
        return this.#reference(expression, scope);
      case "splat":
        return this.#splat(expression, scope);
      case "splatItem":
        return scope.item;
      case "call":
        return this.#call(expression, expression, scope);
    }
  }

  #isTrue(condition: Expression, scope: Scope): boolean {
    const value = this.evaluateKnown(condition, scope, "a condition");
    return (
      booleanOf(value) ?? failAt(condition, `expected true or false, found ${describeValue(value)}`)
    );
  }

  #operate(span: Span, apply: () => Value): Value {
    try {
      return apply();
    } catch (failure) {
      if (!(failure instanceof OperandFailure)) throw failure;
      return failAt(span, failure.message);
    }
  }

  #binary(expression: Extract<Expression, { kind: "binary" }>, scope: Scope): Value {
    const { operator } = expression;
    if (operator === "&&" || operator === "||") {
      const left = this.#isTrue(expression.left, scope);
      return left === (operator === "||") ? left : this.#isTrue(expression.right, scope);
    }
    const [left = null, right = null] = evaluateAll([expression.left, expression.right], (side) =>
      this.evaluateKnown(side, scope, "a value"),
    );
    return this.#operate(expression, () => applyBinary(operator, left, right));
  }

  #template(parts: readonly TemplatePart[], scope: Scope): string {
    return evaluateAll(parts, (part) => this.#part(part, scope)).join("");
  }

  #part(part: TemplatePart, scope: Scope): string {
    switch (part.kind) {
      case "text":
        return part.text;
      case "value": {
        const value = this.evaluate(part.value, scope);
        return (
          textOf(value) ??
          failAt(part.value, `expected a text in this template, found ${describeValue(value)}`)
        );
      }
      case "if":
        return this.#template(this.#isTrue(part.condition, scope) ? part.yes : part.no, scope);
      case "for": {
        const texts = this.#each(part, scope).map((inner) => this.#template(part.body, inner));
        const text = texts.join("");
        const excess = this.#scales.excess(text);
        return excess === null ? text : failAt(part.collection, excess);
      }
    }
  }

  #object(
    entries: readonly { readonly key: Expression; readonly value: Expression }[],
    scope: Scope,
  ): Value {
    const pairs = evaluateAll(entries, ({ key, value }): readonly [string, Value] => [
      this.#key(key, scope),
      this.evaluate(value, scope),
    ]);
    return new Map(pairs);
  }

  #key(key: Expression, scope: Scope): string {
    const value = this.evaluateKnown(key, scope, "a key");
    return textOf(value) ?? failAt(key, `expected a text as key, found ${describeValue(value)}`);
  }

  /** A scope for each item of the collection, in its order; objects by key. */
  #each(clause: ForClause, scope: Scope): Scope[] {
    const { collection, keyName, valueName } = clause;
    return this.itemsOf(collection, scope).map(([key, value]) => {
      this.spend(collection, 1);
      return scope.with([
        [keyName, key],
        [valueName, value],
      ]);
    });
  }

  /** Keys (indexes of a list) and values of what an expression gives. */
  itemsOf(collection: Expression, scope: Scope): readonly (readonly [Value, Value])[] {
    const value = this.evaluate(collection, scope);
    if (isList(value)) return value.map((item, index) => [index, item]);
    if (isObject(value)) return sortedEntries(value);
    return failAt(collection, `expected a list or an object, found ${describeValue(value)}`);
  }

  #forList(expression: Extract<Expression, { kind: "forList" }>, scope: Scope): Value {
    const { condition, value } = expression;
    const chosen = this.#each(expression, scope).filter(
      (inner) => condition === null || this.#isTrue(condition, inner),
    );
    return chosen.map((inner) => this.evaluate(value, inner));
  }

  #forObject(expression: ForObject, scope: Scope): Value {
    const result = new Map<string, Value>();
    const groups = new Map<string, Value[]>();
    for (const inner of this.#each(expression, scope)) {
      if (expression.condition !== null && !this.#isTrue(expression.condition, inner)) continue;
      const key = this.#key(expression.key, inner);
      const value = this.evaluate(expression.value, inner);
      if (expression.isGrouping) {
        const group = groups.get(key) ?? [];
        group.push(value);
        groups.set(key, group);
      } else if (result.has(key)) {
        const fix = "add `...` behind the value to collect the values of equal keys in lists";
        failAt(expression.key, `expected different keys, found ${JSON.stringify(key)} twice`, fix);
      } else {
        result.set(key, value);
      }
    }
    return expression.isGrouping ? groups : result;
  }

  #splat(expression: Extract<Expression, { kind: "splat" }>, scope: Scope): Value {
    const target = this.evaluate(expression.target, scope);
    if (target === null) return [];
    const items = isList(target) ? target : [target];
    return items.map((item) => this.evaluate(expression.each, scope.withItem(item)));
  }

  #name(expression: Expression & { readonly kind: "name" }, scope: Scope): Value {
    const found = scope.find(expression.name);
    if (found !== undefined) return found;
    if (expression.name.startsWith("NOMAD_")) return referenceText(expression.name);
    if (this.#roots.has(expression.name)) {
      failAt(
        expression,
        `expected a name behind \`${expression.name}\`, e.g. ${expression.name}.x`,
      );
    }
    throw new EvaluationFailure([unknownRoot(expression, expression.name, expression.name)]);
  }

  #reference(expression: Reference, scope: Scope): Value {
    const steps: Reference[] = [];
    let first: Expression = expression;
    while (first.kind === "attribute" || first.kind === "index") {
      steps.push(first);
      first = first.target;
    }
    steps.reverse();
    let value: Value;
    if (first.kind === "name" && scope.find(first.name) === undefined) {
      const { name } = first;
      const values = this.#roots.get(name);
      if (values === undefined) return this.#nodeReference(expression, name, steps);
      value = this.#named(values, name, steps.shift() ?? expression, scope);
    } else {
      value = this.evaluate(first, scope);
    }
    for (const step of steps) value = this.#step(value, step, scope);
    return value;
  }

  #named(values: NamedValues, root: string, step: Reference, scope: Scope): Value {
    if (step.kind === "index" && step.index.kind !== "literal") {
      // Locals are put in order by the names they need, so those must be known without evaluating.
      const fix = `keep the values in one object and index that: ${root}.all[key]`;
      failAt(step.index, `expected a plain name in the brackets of \`${root}\``, fix);
    }
    const name = step.kind === "attribute" ? step.name : this.#key(step.index, scope);
    const found = values.find(name);
    if (found === "failed") throw new EvaluationFailure([]);
    if (found !== undefined) return found.value;
    throw new EvaluationFailure([undeclaredName(step, root, name, values.names())]);
  }

  #nodeReference(expression: Reference, root: string, steps: readonly Reference[]): Value {
    const written = this.#source.text.slice(expression.start, expression.end);
    if (!isNodeRoot(root)) {
      throw new EvaluationFailure([unknownRoot(expression, root, written)]);
    }
    for (const step of steps) {
      if (step.kind === "index" && step.index.kind !== "literal") {
        const message = `expected a plain text or number in the brackets of \`${root}\`, as the node reads it`;
        failAt(step.index, message);
      }
    }
    return referenceText(written);
  }

  #step(target: Value, step: Reference, scope: Scope): Value {
    if (step.kind === "attribute") return this.#attribute(target, step.name, step);
    const index = this.evaluateKnown(step.index, scope, "an index");
    if (isObject(target)) {
      const key = textOf(index);
      if (key !== null) return this.#attribute(target, key, step);
    }
    const number = numberOf(index);
    if (isList(target) && number !== null) {
      const item = Number.isInteger(number) ? target[number] : undefined;
      if (item !== undefined) return item;
      const found = `found ${describeValue(index)}`;
      const { length } = target;
      if (length === 0) return failAt(step.index, `expected a list with items, ${found} of none`);
      return failAt(step.index, `expected an index from 0 to ${length - 1}, ${found}`);
    }
    const found = `${describeValue(target)} with ${describeValue(index)}`;
    return failAt(step, `expected a list with a number, or an object with a key, found ${found}`);
  }

  #attribute(target: Value, name: string, span: Span): Value {
    if (!isObject(target)) {
      return failAt(span, `expected an object with \`${name}\`, found ${describeValue(target)}`);
    }
    const value = target.get(name);
    if (value !== undefined) return value;
    const names = [...target.keys()].slice(0, 10).join(", ");
    return failAt(span, `expected one of the keys (${names}), found \`${name}\``);
  }

  #call(call: Call, span: Span, scope: Scope): Value {
    switch (call.name) {
      case "try":
        return this.#try(call, span, scope);
      case "can":
        return this.#can(call, span, scope);
      case "convert":
        return this.#convert(call, span, scope);
    }
    const known = FUNCTIONS.get(call.name);
    if (known === undefined) {
      // Its arguments may be wrong too.
      const parts = call.parameters.map((parameter) => () => this.evaluate(parameter, scope));
      const fail = () => {
        throw new EvaluationFailure([unknownFunction(call)]);
      };
      evaluateAll([fail, ...parts], (part) => part());
      return null;
    }
    const values = this.#argumentsOf(call, scope);
    const { signature, least, most } = known;
    if (values.length < least || values.length > most) {
      failAt(span, `expected ${signature}, found ${values.length} arguments`);
    }
    this.spend(
      span,
      values.reduce<number>((sum, value) => sum + sizeOf(value), 0),
    );
    const spanOf = (index: number) => (call.isExpanded ? span : (call.parameters[index] ?? span));
    for (const [index, value] of values.entries()) {
      if (known.keepsReferences === true || !this.#scales.hasReference(value)) continue;
      const found = describeValue(value);
      failAt(spanOf(index), `${call.name} expects a value that is known now, found ${found}`);
    }
    try {
      return known.apply(new Given(values, this.#options));
    } catch (failure) {
      if (!(failure instanceof ArgumentFailure)) throw failure;
      const place = failure.index === null ? span : spanOf(failure.index);
      return failAt(place, `${call.name}: ${failure.message}`);
    }
  }

  #argumentsOf(call: Call, scope: Scope): Value[] {
    const values = evaluateAll(call.parameters, (parameter) => this.evaluate(parameter, scope));
    const last = call.parameters.at(-1);
    if (!call.isExpanded || last === undefined) return values;
    const list = values.pop() ?? null;
    if (!isList(list)) failAt(last, `expected a list before \`...\`, found ${describeValue(list)}`);
    return [...values, ...list];
  }

  #try(call: Call, span: Span, scope: Scope): Value {
    const problems: Problem[] = [];
    for (const parameter of call.parameters) {
      try {
        return this.evaluate(parameter, scope);
      } catch (failure) {
        if (!(failure instanceof EvaluationFailure)) throw failure;
        problems.push(...failure.problems);
      }
    }
    if (call.parameters.length === 0) return failAt(span, "expected try(value...), found nothing");
    throw new EvaluationFailure(problems);
  }

  #can(call: Call, span: Span, scope: Scope): Value {
    const [parameter, ...others] = call.parameters;
    if (parameter === undefined || others.length > 0) return failAt(span, "expected can(value)");
    try {
      this.evaluate(parameter, scope);
      return true;
    } catch (failure) {
      if (!(failure instanceof EvaluationFailure)) throw failure;
      return false;
    }
  }

  #convert(call: Call, span: Span, scope: Scope): Value {
    const [parameter, type, ...others] = call.parameters;
    if (parameter === undefined || type === undefined || others.length > 0) {
      return failAt(span, "expected convert(value, type)");
    }
    const value = this.evaluate(parameter, scope);
    try {
      return convertTo(value, readType(type), (fallback) => this.evaluate(fallback, scope));
    } catch (failure) {
      if (!(failure instanceof ConversionFailure)) throw failure;
      return failAt(parameter, `convert: ${failure.message}`);
    }
  }
}

function sizeOf(value: Value): number {
  if (isList(value)) return value.length;
  if (isObject(value)) return value.size;
  return 1;
}
