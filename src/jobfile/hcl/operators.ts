import type { BinaryOperator } from "./syntax.ts";
import { booleanOf, describeValue, isEqual, numberOf, type Value } from "./value.ts";

/** An operand that the operator cannot take. */
export class OperandFailure extends Error {}

function numberFor(operator: string, value: Value): number {
  const number = numberOf(value);
  if (number !== null) return number;
  throw new OperandFailure(`expected numbers for \`${operator}\`, found ${describeValue(value)}`);
}

/**
 * HCL counts in decimals of high precision, JavaScript in binary fractions: 0.1 + 0.2 must be 0.3 in a text too, so
 * what is beyond 15 digits is rounded off.
 */
function exact(operator: string, value: number): number {
  if (!Number.isFinite(value)) {
    throw new OperandFailure(`expected a finite result of \`${operator}\`, found none`);
  }
  return Number.isInteger(value) ? value : Number(value.toPrecision(15));
}

export function applyUnary(operator: "!" | "-", operand: Value): Value {
  if (operator === "-") return 0 - numberFor("-", operand);
  const value = booleanOf(operand);
  if (value !== null) return !value;
  throw new OperandFailure(`expected true or false for \`!\`, found ${describeValue(operand)}`);
}

function nonZero(operator: string, value: number): number {
  if (value !== 0) return value;
  throw new OperandFailure(`expected a divisor other than 0 for \`${operator}\`, found 0`);
}

/** All but `&&` and `||`, which do not look at both sides. */
export function applyBinary(
  operator: Exclude<BinaryOperator, "&&" | "||">,
  left: Value,
  right: Value,
): Value {
  if (operator === "==") return isEqual(left, right);
  if (operator === "!=") return !isEqual(left, right);
  return calculate(operator, numberFor(operator, left), numberFor(operator, right));
}

type NumberOperator = Exclude<BinaryOperator, "&&" | "||" | "==" | "!=">;

function calculate(operator: NumberOperator, a: number, b: number): Value {
  switch (operator) {
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
    case "+":
      return exact(operator, a + b);
    case "-":
      return exact(operator, a - b);
    case "*":
      return exact(operator, a * b);
    case "/":
      return exact(operator, a / nonZero(operator, b));
    case "%":
      return exact(operator, a % nonZero(operator, b));
  }
}
