import { Command, CommanderError, Option } from "commander";
import { UsageError } from "../failure.ts";
import type { Action } from "./action.ts";
import { longName, type OptionSpec, type OptionTable, placeholder } from "./option.ts";
import { canonicalName, expandOptionWords, splitOptionWords } from "./optionWords.ts";

export type ParsedOptions = Readonly<Record<string, unknown>>;

/**
 * The value of every option of an action. Throws UsageError for an unknown option, a value that does not fit, a word too many,
 * and a required option that is missing.
 */
export function parseOptions(
  action: Pick<Action, "options" | "operands"> & Partial<Pick<Action, "rest">>,
  words: readonly string[],
): ParsedOptions {
  const { options, operands, rest = null } = action;
  const named = Object.fromEntries(Object.entries(options).filter(([key]) => key !== rest));
  const split = rest === null ? { own: words, rest: [] } : splitOptionWords(named, words);
  const command = commandOf(named);
  try {
    command.parse(expandOptionWords(named, split.own), { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) throw usageError(error, named);
    throw error;
  }
  const given = new Map<string, unknown>(
    Object.keys(options).map((key) => [key, command.getOptionValue(canonicalName(key))]),
  );
  assignOperands(given, operands, command.args);
  if (rest !== null) given.set(rest, split.rest);
  return Object.fromEntries(
    Object.entries(options).map(([key, spec]) => [key, valueOfOption(key, spec, given.get(key))]),
  );
}

function commandOf(options: OptionTable): Command {
  const command = new Command()
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {} })
    .helpOption(false)
    .helpCommand(false)
    .argument("[words...]");
  for (const [key, spec] of Object.entries(options)) command.addOption(optionOf(key, spec));
  return command;
}

function optionOf(key: string, spec: OptionSpec): Option {
  const name = canonicalName(key);
  const short = spec.short.length === 1 ? `-${spec.short}, ` : "";
  const value = spec.kind === "flag" ? "" : ` ${placeholder(spec)}`;
  const option = new Option(`${short}--${name}${value}`);
  option.attributeName = () => name;
  if (spec.kind === "list") {
    option.argParser((word: string, before: string[] | undefined) => [...(before ?? []), word]);
  }
  return option;
}

function usageError(error: CommanderError, options: OptionTable): UsageError {
  const [, name] = /option '.*--(\w+) .*' argument missing/.exec(error.message) ?? [];
  const found = Object.entries(options).find(([key]) => canonicalName(key) === name);
  if (found !== undefined) {
    const [key, spec] = found;
    return new UsageError(`Expected ${nameOf(key, spec)} ${placeholder(spec)} and got no value.`);
  }
  const message = error.message.replace(/^error: /, "").replace(/\n\(?/, " (");
  return new UsageError(`${message.charAt(0).toUpperCase()}${message.slice(1)}.`);
}

/** Words without an option are the values of those that may stand alone and were not given by name. */
function assignOperands(
  given: Map<string, unknown>,
  operands: readonly string[],
  words: readonly string[],
): void {
  const open = operands.filter((key) => given.get(key) === undefined);
  for (const [index, word] of words.entries()) {
    const key = open[index];
    if (key === undefined) throw new UsageError(`Expected no further word and got "${word}".`);
    given.set(key, word);
  }
}

function valueOfOption(key: string, spec: OptionSpec, given: unknown): unknown {
  switch (spec.kind) {
    case "flag":
      return given === true;
    case "toggle":
      return given === undefined ? undefined : toBoolean(key, spec, String(given));
    case "list":
      return present(key, spec, listOf(spec.commas, given));
    case "text":
      return present(key, spec, given ?? spec.fallback);
    case "number":
      return present(key, spec, given === undefined ? spec.fallback : toNumber(key, spec, given));
    case "word":
      return present(key, spec, given === undefined ? spec.fallback : toWord(key, spec, given));
  }
}

function listOf(commas: boolean, given: unknown): string[] {
  const words = (Array.isArray(given) ? given : given === undefined ? [] : [given]).map(String);
  return commas ? words.flatMap((word) => word.split(",").filter((part) => part !== "")) : words;
}

function present(key: string, spec: OptionSpec, value: unknown): unknown {
  const isMissing = value === undefined || (Array.isArray(value) && value.length === 0);
  if (!isMissing || spec.required !== true) return value;
  throw new UsageError(`Expected ${nameOf(key, spec)} ${placeholder(spec)} and got nothing.`);
}

function toNumber(key: string, spec: OptionSpec & { kind: "number" }, given: unknown): number {
  const { least, most } = spec;
  const value = /^-?\d{1,15}$/.test(String(given)) ? Number(given) : Number.NaN;
  if (value >= least && value <= most) return value;
  const range =
    most === Number.POSITIVE_INFINITY ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new UsageError(
    `Expected a whole number ${range} as ${nameOf(key, spec)} and got "${given}".`,
  );
}

/** As Go's flags take them. */
function toBoolean(key: string, spec: OptionSpec, given: string): boolean {
  const folded = given.toLowerCase();
  if (["true", "t", "1"].includes(folded)) return true;
  if (["false", "f", "0"].includes(folded)) return false;
  throw new UsageError(`Expected true or false as ${nameOf(key, spec)} and got "${given}".`);
}

function toWord(key: string, spec: OptionSpec & { kind: "word" }, given: unknown): string {
  const words = Object.keys(spec.words);
  const folded = String(given).toLowerCase();
  const found = words.find((word) => word.toLowerCase() === folded);
  if (found !== undefined) return found;
  throw new UsageError(
    `Expected one of ${words.join(", ")} as ${nameOf(key, spec)} and got "${given}".`,
  );
}

function nameOf(key: string, spec: OptionSpec): string {
  return `-${spec.short},--${longName(key, spec)}`;
}
