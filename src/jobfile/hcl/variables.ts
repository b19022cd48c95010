import type { Finding, PlainValue } from "../tree.ts";
import { parseLoneExpression } from "./body.ts";
import { Evaluator, type NamedValues } from "./evaluate.ts";
import { ForeignValueError, fromForeign } from "./functions/json.ts";
import type { HclOptions, VariableInput } from "./options.ts";
import { EvaluationFailure, type Problem, SyntaxFailure } from "./problem.ts";
import { Scope } from "./scope.ts";
import { Source, type Span } from "./source.ts";
import type { AttributeSyntax, BlockSyntax, Expression } from "./syntax.ts";
import {
  ConversionFailure,
  convertTo,
  readType,
  type TypeConstraint,
  typeOf,
} from "./typeConstraint.ts";
import { booleanOf, describeValue, type Value } from "./value.ts";
import { visitReferences } from "./walk.ts";

type Found = { readonly value: Value } | "failed";

interface Validation {
  readonly condition: Expression;
  readonly message: string;
}

interface Declaration {
  readonly name: string;
  readonly span: Span;
  /** Null: not declared and not to be told from a default. */
  readonly type: TypeConstraint | null;
  /** Undefined: none, the variable must be set. */
  readonly fallback: Found | undefined;
  readonly validations: readonly Validation[];
}

const VARIABLE_ATTRIBUTES: readonly string[] = ["type", "default", "description"];
const IDENTIFIER = /^[\p{ID_Start}_][\p{ID_Continue}-]*$/u;

/** The values of the `variable` and `variables` blocks: given from outside, or the default. */
export class Variables implements NamedValues {
  readonly #source: Source;
  readonly #options: HclOptions;
  /** Without any names, for defaults. */
  readonly #plain: Evaluator;
  readonly #declared = new Map<string, Declaration>();
  readonly #found = new Map<string, Found>();
  readonly problems: Problem[] = [];
  /** About values from outside. */
  readonly findings: Finding[] = [];

  constructor(source: Source, options: HclOptions, blocks: readonly BlockSyntax[]) {
    this.#source = source;
    this.#options = options;
    this.#plain = new Evaluator(source, options, new Map());
    for (const block of blocks) {
      if (block.type === "variables") this.#declareAll(block);
      else this.#attempt(() => this.#declareOne(block));
    }
    this.#checkInputs();
    for (const declaration of this.#declared.values()) {
      this.#found.set(declaration.name, this.#settle(declaration));
    }
  }

  find(name: string): Found | undefined {
    return this.#found.get(name);
  }

  names(): readonly string[] {
    return [...this.#declared.keys()];
  }

  #report(span: Span, message: string, fix?: string): void {
    const { start, end } = span;
    this.problems.push({ span: { start, end }, message, ...(fix === undefined ? {} : { fix }) });
  }

  #attempt<T>(evaluate: () => T): T | null {
    try {
      return evaluate();
    } catch (failure) {
      if (!(failure instanceof EvaluationFailure)) throw failure;
      this.problems.push(...failure.problems);
      return null;
    }
  }

  #declare(declaration: Declaration): void {
    const { name, span } = declaration;
    if (this.#declared.has(name)) {
      this.#report(span, `expected each variable once, found \`${name}\` again`);
    } else if (IDENTIFIER.test(name)) {
      this.#declared.set(name, declaration);
    } else {
      const found = `found ${JSON.stringify(name)}`;
      this.#report(span, `expected a name of letters, digits, _ and - as variable, ${found}`);
    }
  }

  #declareAll(block: BlockSyntax): void {
    for (const { name, nameSpan, value } of block.body.attributes.values()) {
      const fallback = this.#fallback(value, null);
      const type = fallback === "failed" ? null : typeOf(fallback.value);
      this.#declare({ name, span: nameSpan, type, fallback, validations: [] });
    }
    for (const inner of block.body.blocks) {
      const message = `expected \`name = default\` in \`variables\`, found the block \`${inner.type}\``;
      this.#report(inner.typeSpan, message);
    }
  }

  #declareOne(block: BlockSyntax): void {
    const [label, ...others] = block.labels;
    if (label === undefined || others.length > 0) {
      const found = `found ${block.labels.length}`;
      this.#report(block.typeSpan, `expected the name of the variable as the only label, ${found}`);
      return;
    }
    const { attributes, blocks } = block.body;
    for (const { name, nameSpan } of attributes.values()) {
      if (VARIABLE_ATTRIBUTES.includes(name)) continue;
      const known = `${VARIABLE_ATTRIBUTES.join(", ")} or \`validation\``;
      this.#report(nameSpan, `expected ${known} in a variable, found \`${name}\``);
    }
    const declaredType = attributes.get("type");
    const type =
      declaredType === undefined ? null : this.#attempt(() => readType(declaredType.value));
    const written = attributes.get("default");
    const fallback = written === undefined ? undefined : this.#fallback(written.value, type);
    this.#declare({
      name: label.text,
      span: label,
      type:
        type ?? (fallback === undefined || fallback === "failed" ? null : typeOf(fallback.value)),
      fallback,
      validations: blocks.flatMap((inner) => this.#validation(label.text, inner)),
    });
  }

  #fallback(expression: Expression, type: TypeConstraint | null): Found {
    const found = this.#attempt((): Found => {
      const value = this.#plain.evaluate(expression, Scope.empty);
      return { value: this.#converted(value, type, expression) };
    });
    return found ?? "failed";
  }

  /** Fails at the expression where the value is not of the type. */
  #converted(value: Value, type: TypeConstraint | null, at: Expression): Value {
    if (type === null) return value;
    try {
      return this.#convert(value, type);
    } catch (failure) {
      if (!(failure instanceof ConversionFailure)) throw failure;
      throw new EvaluationFailure([{ span: at, message: failure.message }], { cause: failure });
    }
  }

  #convert(value: Value, type: TypeConstraint): Value {
    return convertTo(value, type, (fallback) => this.#plain.evaluate(fallback, Scope.empty));
  }

  #validation(variable: string, block: BlockSyntax): Validation[] {
    const { attributes } = block.body;
    const condition = attributes.get("condition");
    const message = attributes.get("error_message");
    if (block.type !== "validation") {
      this.#report(
        block.typeSpan,
        `expected \`validation\` in a variable, found \`${block.type}\``,
      );
      return [];
    }
    if (condition === undefined || message === undefined || attributes.size > 2) {
      this.#report(block.typeSpan, "expected condition and error_message in `validation`");
      return [];
    }
    const isUsable = this.#isOwnCondition(variable, condition);
    const text = this.#attempt(() => this.#plain.evaluate(message.value, Scope.empty));
    if (typeof text === "string" && text !== "") {
      if (!isUsable) return [];
      return [{ condition: condition.value, message: text }];
    }
    if (text !== null) {
      this.#report(message.value, `expected a text as error_message, found ${describeValue(text)}`);
    }
    return [];
  }

  /** A condition sees its own variable only, so variables need no order. */
  #isOwnCondition(variable: string, { value }: AttributeSyntax): boolean {
    const before = this.problems.length;
    let hasOwn = false;
    const onReference = (at: Expression, root: string, first: string | null) => {
      if (root === "var" && first === variable) {
        hasOwn = true;
        return;
      }
      const found = this.#source.text.slice(at.start, at.end);
      this.#report(at, `expected only var.${variable} in its condition, found \`${found}\``);
    };
    visitReferences(value, { onReference, onCall: () => {} }, new Set());
    if (!hasOwn) this.#report(value, `expected a condition about var.${variable}, found none`);
    return this.problems.length === before;
  }

  #checkInputs(): void {
    for (const input of this.#options.variables) {
      if (!input.mustBeDeclared || this.#declared.has(input.name)) continue;
      const names = this.names().join(", ") || "none";
      const message = `${input.origin}: expected a declared variable (${names}), found ${input.name}`;
      const fix = `add \`variable "${input.name}" {}\` to the job file`;
      const code = "variable_undeclared";
      this.findings.push({ severity: "error", code, message, range: input.range, fix });
    }
  }

  #settle(declaration: Declaration): Found {
    const { name, span, fallback } = declaration;
    const input = this.#options.variables.findLast((given) => given.name === name);
    if (input === undefined) {
      if (fallback === undefined) {
        const fix = `give it with -var '${name}=VALUE', -var-file FILE or NOMAD_VAR_${name}, or write a default`;
        const message = `expected a value for the variable \`${name}\`, found none`;
        this.problems.push({ span, code: "variable_unset", message, fix });
      }
      if (fallback === undefined || fallback === "failed") return "failed";
      return this.#validated(declaration, fallback.value, null);
    }
    try {
      const value = this.#convert(...this.#read(input, declaration.type));
      return this.#validated(declaration, value, input);
    } catch (failure) {
      const isExpected =
        failure instanceof ConversionFailure ||
        failure instanceof ForeignValueError ||
        failure instanceof EvaluationFailure ||
        failure instanceof SyntaxFailure;
      if (!isExpected) throw failure;
      const message = `${input.origin}: variable ${name}: ${failure.message}`;
      this.findings.push({ severity: "error", message, range: input.range });
      return "failed";
    }
  }

  #read(input: VariableInput, type: TypeConstraint | null): [Value, TypeConstraint] {
    const wanted = type ?? { kind: "any" };
    if (input.given.kind === "value") return [fromForeign(input.given.value), wanted];
    const text = input.given.text.toWellFormed();
    const isText = ["any", "string", "number", "bool"].includes(wanted.kind);
    return [isText ? text : this.#readExpression(input, text), wanted];
  }

  #readExpression(input: VariableInput, text: string): Value {
    const source = new Source(text, input.origin);
    const evaluator = new Evaluator(source, this.#options, new Map());
    const expression = parseLoneExpression(source);
    return evaluator.evaluateKnown(expression, Scope.empty, "a value");
  }

  #validated(declaration: Declaration, value: Value, input: VariableInput | null): Found {
    const { name, span, validations } = declaration;
    const own: NamedValues = {
      find: (wanted) => (wanted === name ? { value } : undefined),
      names: () => [name],
    };
    const evaluator = new Evaluator(this.#source, this.#options, new Map([["var", own]]));
    for (const { condition, message } of validations) {
      const result = this.#attempt(() => evaluator.evaluate(condition, Scope.empty));
      if (result !== null && booleanOf(result) === true) continue;
      if (result !== null && booleanOf(result) === null) {
        const found = describeValue(result);
        this.#report(condition, `expected true or false from this condition, found ${found}`);
        continue;
      }
      if (result === null) continue;
      const where = input === null ? "its default" : input.origin;
      const told = `variable ${name}: ${message} Found ${describeValue(value)} (${where}).`;
      if (input === null || input.range === null) this.#report(span, told);
      else this.findings.push({ severity: "error", message: told, range: input.range });
    }
    return { value };
  }
}

/** For callers that hold a value of JSON. */
export function variableValue(
  name: string,
  value: PlainValue,
  origin: string,
  range: VariableInput["range"],
): VariableInput {
  return { name, given: { kind: "value", value }, origin, range, mustBeDeclared: true };
}
