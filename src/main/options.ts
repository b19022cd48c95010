import { parseArgs } from "node:util";
import { StartError } from "./lineError.ts";

/** No word of a command line can have it. */
const BETWEEN = "\0";

/** What options may be given more than once. */
interface OptionKinds {
  readonly flags?: readonly string[];
  /** Read their values by `listOf`. */
  readonly lists?: readonly string[];
}

/** Values of long options, of flags "yes"; null when help was asked for and printed. */
export function options(
  words: readonly string[],
  names: readonly string[],
  help: string,
  { flags = [], lists = [] }: OptionKinds = {},
): Partial<Record<string, string>> | null {
  if (words.includes("--help") || words.includes("-h") || words[0] === "help") {
    process.stdout.write(help);
    return null;
  }
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        ...Object.fromEntries(names.map((name) => [name, { type: "string" as const }])),
        ...Object.fromEntries(flags.map((name) => [name, { type: "boolean" as const }])),
        ...Object.fromEntries(
          lists.map((name) => [name, { type: "string" as const, multiple: true }]),
        ),
      },
      strict: true,
    });
    const texts = Object.entries(values).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(BETWEEN) : value === true ? "yes" : value,
    ]);
    return Object.fromEntries(texts) as Partial<Record<string, string>>;
  } catch (error) {
    const { message } = error as Error;
    // A value that begins with a dash: the parser's words are three lines about its own rules.
    const ambiguous = /^Option '(--[\w-]+)[^']*' argument is ambiguous/.exec(message)?.[1];
    const line =
      ambiguous === undefined
        ? `${message.replace(/\s*\n\s*/g, " ").replace(/\.$/, "")}.`
        : `Expected a value behind ${ambiguous} and got an option; write ${ambiguous}=-1 for -1.`;
    throw new StartError(`${line} See --help.`, { cause: error });
  }
}

/** All values of an option that may be given more than once, in order. */
export function listOf(values: Partial<Record<string, string>>, name: string): readonly string[] {
  return values[name]?.split(BETWEEN) ?? [];
}

/** `NAME=VALUE` of an option that may be given more than once. */
export function pairsOf(
  values: Partial<Record<string, string>>,
  name: string,
): Record<string, string> {
  const pairs = listOf(values, name).map((text): [string, string] => {
    const at = text.indexOf("=");
    if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
    throw new StartError(`Expected --${name} NAME=VALUE, got "${text}".`);
  });
  return Object.fromEntries(pairs);
}

/** A whole number within bounds, or the default. */
export function numberOf(
  values: Partial<Record<string, string>>,
  name: string,
  least: number,
  most: number,
  otherwise: number,
): number {
  const text = values[name];
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new StartError(
    `Expected --${name} to be a whole number from ${least} to ${most}, got "${text}".`,
  );
}

const LOG_LEVELS = ["error", "warn", "info", "debug"];

/** The given log level, or the default. */
export function logLevelOf(values: Partial<Record<string, string>>, otherwise: string): string {
  const level = values["log-level"] ?? otherwise;
  if (LOG_LEVELS.includes(level)) return level;
  throw new StartError(`Expected --log-level ${LOG_LEVELS.join(", ")}, got "${level}".`);
}
