import { parseArgs } from "node:util";
import { StartError } from "./lineError.ts";

/** Values of long options, of flags "yes"; null when help was asked for and printed. */
export function options(
  words: readonly string[],
  names: readonly string[],
  help: string,
  flags: readonly string[] = [],
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
      },
      strict: true,
    });
    const texts = Object.entries(values).map(([name, value]) => [
      name,
      value === true ? "yes" : value,
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
