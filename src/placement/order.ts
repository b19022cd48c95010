export type OrderOperator = "<" | "<=" | ">" | ">=";

const WHOLE = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^[+-]?(?:inf|infinity)$/i;
const INTEGER_MAX = 2n ** 63n;

/** Both whole numbers: as such. Both numbers: as floats. Else as text, by code points. */
export function compareOrder(operator: OrderOperator, left: string, right: string): boolean {
  const whole = [wholeOf(left), wholeOf(right)] as const;
  if (whole[0] !== null && whole[1] !== null) return holds(operator, whole[0], whole[1]);
  const decimal = [decimalOf(left), decimalOf(right)] as const;
  if (decimal[0] !== null && decimal[1] !== null) return holds(operator, decimal[0], decimal[1]);
  return holds(operator, compareText(left, right), 0);
}

function holds<T extends bigint | number>(operator: OrderOperator, left: T, right: T): boolean {
  switch (operator) {
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
  }
}

function wholeOf(text: string): bigint | null {
  if (!WHOLE.test(text) || text.length > 32) return null;
  const value = BigInt(text.replace("+", ""));
  return value >= -INTEGER_MAX && value < INTEGER_MAX ? value : null;
}

function decimalOf(text: string): number | null {
  if (text.toLowerCase().replace(/^[+-]/, "") === "nan") return Number.NaN;
  if (INFINITE.test(text)) {
    return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (!DECIMAL.test(text)) return null;
  const value = Number(text);
  // Too large for a float: then it is text.
  return Number.isFinite(value) ? value : null;
}

/** JavaScript's own order is that of UTF-16 units, which differs beyond the basic plane. */
function compareText(left: string, right: string): number {
  const others = [...right];
  let index = 0;
  for (const character of left) {
    const other = others[index];
    if (other === undefined) return 1;
    const difference = (character.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
    index += 1;
  }
  return index - others.length;
}
