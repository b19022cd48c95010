import { EvaluationFailure } from "./problem.ts";
import type { Expression } from "./syntax.ts";
import {
  booleanOf,
  describeValue,
  isList,
  isObject,
  numberOf,
  setOf,
  textOf,
  type Value,
} from "./value.ts";

/** A declared type: `string`, `list(number)`, `object({ name = string, size = optional(number, 1) })`. */
export type TypeConstraint =
  | { readonly kind: "any" | "string" | "number" | "bool" }
  | { readonly kind: "list" | "set" | "map"; readonly of: TypeConstraint }
  | { readonly kind: "tuple"; readonly items: readonly TypeConstraint[] }
  | { readonly kind: "object"; readonly attributes: ReadonlyMap<string, AttributeType> };

interface AttributeType {
  readonly type: TypeConstraint;
  readonly isOptional: boolean;
  /** Null where none is given. */
  readonly fallback: Expression | null;
}

const EXPECTED_TYPE =
  "expected a type: string, number, bool, any, list(T), set(T), map(T), object({ name = T }) or tuple([T])";

function failAt(expression: Expression, message: string): never {
  throw new EvaluationFailure([{ span: expression, message }]);
}

/** Reads the expression of a `type` attribute. Throws EvaluationFailure. */
export function readType(expression: Expression): TypeConstraint {
  if (expression.kind === "name") return readSimpleType(expression, expression.name);
  if (expression.kind === "call") return readComplexType(expression);
  // Older files quote the name of the type.
  if (expression.kind === "literal" && typeof expression.value === "string") {
    return readSimpleType(expression, expression.value);
  }
  return failAt(expression, EXPECTED_TYPE);
}

function readSimpleType(expression: Expression, name: string): TypeConstraint {
  switch (name) {
    case "string":
    case "number":
    case "bool":
    case "any":
      return { kind: name };
    case "list":
    case "set":
    case "map":
      return { kind: name, of: { kind: "any" } };
  }
  return failAt(expression, `${EXPECTED_TYPE}; found \`${name}\``);
}

function readComplexType(expression: Extract<Expression, { kind: "call" }>): TypeConstraint {
  const [inner, ...others] = expression.parameters;
  if (inner === undefined || others.length > 0) return failAt(expression, EXPECTED_TYPE);
  switch (expression.name) {
    case "list":
    case "set":
    case "map":
      return { kind: expression.name, of: readType(inner) };
    case "tuple":
      if (inner.kind !== "list") return failAt(inner, "expected a list of types in `tuple`");
      return { kind: "tuple", items: inner.items.map(readType) };
    case "object":
      return readObjectType(inner);
  }
  return failAt(expression, `${EXPECTED_TYPE}; found \`${expression.name}(...)\``);
}

function readObjectType(inner: Expression): TypeConstraint {
  if (inner.kind !== "object") return failAt(inner, "expected names and types in `object({...})`");
  const attributes = new Map<string, AttributeType>();
  for (const { key, value } of inner.entries) {
    if (key.kind !== "literal") return failAt(key, "expected the name of an attribute");
    attributes.set(String(key.value), readAttributeType(value));
  }
  return { kind: "object", attributes };
}

function readAttributeType(value: Expression): AttributeType {
  if (value.kind !== "call" || value.name !== "optional") {
    return { type: readType(value), isOptional: false, fallback: null };
  }
  const [inner, fallback = null, ...others] = value.parameters;
  if (inner === undefined || others.length > 0) {
    return failAt(value, "expected a type and at most one default in `optional(...)`");
  }
  return { type: readType(inner), isOptional: true, fallback };
}

/** As it is written in a file, for messages. */
export function describeType(type: TypeConstraint): string {
  switch (type.kind) {
    case "any":
    case "string":
    case "number":
    case "bool":
      return type.kind;
    case "list":
    case "set":
    case "map":
      return `${type.kind}(${describeType(type.of)})`;
    case "tuple":
      return `tuple([${type.items.map(describeType).join(", ")}])`;
    case "object": {
      const names = [...type.attributes].map(([name, at]) => `${name} = ${describeType(at.type)}`);
      return `object({ ${names.join(", ")} })`;
    }
  }
}

/** The type that a default has; variables without a declared type take it. */
export function typeOf(value: Value): TypeConstraint {
  if (typeof value === "string") return { kind: "string" };
  if (typeof value === "number") return { kind: "number" };
  if (typeof value === "boolean") return { kind: "bool" };
  if (value === null) return { kind: "any" };
  // A default shows the kind and not all that may stand in it.
  const inner: TypeConstraint = { kind: "any" };
  return isList(value) ? { kind: "list", of: inner } : { kind: "map", of: inner };
}

/** A value that cannot be of the wanted type; `path` says which part of it. */
export class ConversionFailure extends Error {
  constructor(path: string, wanted: TypeConstraint, found: Value | undefined) {
    const where = path === "" ? "" : ` at ${path}`;
    const what = found === undefined ? "nothing" : describeValue(found);
    super(`expected ${describeType(wanted)}${where}, found ${what}`);
  }
}

/** Evaluates the default of an optional attribute. */
export type EvaluateDefault = (expression: Expression) => Value;

/** Converts as HCL does: numbers and booleans to text and back, lists to sets, objects to maps. */
export function convertTo(
  value: Value,
  type: TypeConstraint,
  evaluateDefault: EvaluateDefault,
  path = "",
): Value {
  if (value === null) return null;
  const convertPart = (part: Value, inner: TypeConstraint, step: string) =>
    convertTo(part, inner, evaluateDefault, `${path}${step}`);
  switch (type.kind) {
    case "any":
      return value;
    case "string":
    case "number":
    case "bool": {
      const convert = { string: textOf, number: numberOf, bool: booleanOf }[type.kind];
      const converted = convert(value);
      if (converted === null) throw new ConversionFailure(path, type, value);
      return converted;
    }
    case "list":
    case "set": {
      if (!isList(value)) throw new ConversionFailure(path, type, value);
      const items = value.map((item, index) => convertPart(item, type.of, `[${index}]`));
      return type.kind === "set" ? setOf(items) : items;
    }
    case "map": {
      if (!isObject(value)) throw new ConversionFailure(path, type, value);
      return new Map(
        [...value].map(([key, item]) => [
          key,
          convertPart(item, type.of, `[${JSON.stringify(key)}]`),
        ]),
      );
    }
    case "tuple": {
      if (!isList(value) || value.length !== type.items.length) {
        throw new ConversionFailure(path, type, value);
      }
      return value.map((item, index) =>
        convertPart(item, type.items[index] ?? { kind: "any" }, `[${index}]`),
      );
    }
    case "object":
      return convertObject(value, type, evaluateDefault, path);
  }
}

function convertObject(
  value: Value,
  type: Extract<TypeConstraint, { kind: "object" }>,
  evaluateDefault: EvaluateDefault,
  path: string,
): Value {
  if (!isObject(value)) throw new ConversionFailure(path, type, value);
  const converted = new Map<string, Value>();
  for (const [name, attribute] of type.attributes) {
    const at = path === "" ? name : `${path}.${name}`;
    const given = value.get(name);
    if (given === undefined && !attribute.isOptional) {
      throw new ConversionFailure(at, attribute.type, undefined);
    }
    const isMissing = given === undefined || given === null;
    const present =
      isMissing && attribute.fallback !== null ? evaluateDefault(attribute.fallback) : given;
    converted.set(name, convertTo(present ?? null, attribute.type, evaluateDefault, at));
  }
  return converted;
}
