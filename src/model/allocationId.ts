import type { ExecutionNumber } from "./id.ts";

/** Odd, so that multiplying by it loses nothing; its inverse undoes it. */
const MIX = 0x9e3779b1;
const MIX_INVERSE = 0x0e8b2f51;
const SHIFT = 15;
const PREFIX_LENGTH = 8;
const SALT = 97;

function mixed(number: number): number {
  const product = Math.imul(number, MIX) >>> 0;
  return (product ^ (product >>> SHIFT)) >>> 0;
}

function unmixed(digits: number): number {
  const product = (digits ^ (digits >>> SHIFT) ^ (digits >>> (2 * SHIFT))) >>> 0;
  return Math.imul(product, MIX_INVERSE) >>> 0;
}

function hex(number: number): string {
  return number.toString(16).padStart(PREFIX_LENGTH, "0");
}

/**
 * The id by which people name an execution of a group: 36 characters as Nomad's. Its first eight digits are that
 * execution's alone, for the first 2^32 of a fleet, and lead back to its number.
 */
export function allocationId(execution: ExecutionNumber): string {
  const digits = [0, 1, 2, 3].map((step) => hex(mixed(execution + step * SALT))).join("");
  const cuts = [0, 8, 12, 16, 20, 32];
  return cuts
    .slice(0, -1)
    .map((cut, index) => digits.slice(cut, cuts[index + 1]))
    .join("-");
}

/** The execution of an id, or of its beginning with at least eight digits; null: it is none. */
export function executionOfAllocation(id: string): ExecutionNumber | null {
  const text = id.toLowerCase();
  if (!/^[0-9a-f]{8}[0-9a-f-]*$/.test(text)) return null;
  const number = unmixed(Number.parseInt(text.slice(0, PREFIX_LENGTH), 16));
  return allocationId(number).startsWith(text) ? number : null;
}

const DIGIT_BITS = 4;

/** Executions up to `last` whose ids begin with these digits, the newest first; null: it is not two to seven digits. */
export function executionsBeginning(
  prefix: string,
  last: ExecutionNumber,
): readonly ExecutionNumber[] | null {
  if (!/^[0-9a-f]{2,7}$/i.test(prefix)) return null;
  const freeBits = (PREFIX_LENGTH - prefix.length) * DIGIT_BITS;
  const digits = Number.parseInt(prefix, 16);
  const span = 2 ** freeBits;
  if (span >= last) return downFrom(last).filter((number) => mixed(number) >>> freeBits === digits);
  return Array.from({ length: span }, (_, offset) => unmixed(digits * span + offset))
    .filter((number) => number >= 1 && number <= last)
    .sort((one, other) => other - one);
}

function downFrom(last: ExecutionNumber): ExecutionNumber[] {
  return Array.from({ length: last }, (_, index) => last - index);
}
