/** What every option has: how it is written and what help says of it. */
interface OptionBase {
  /** Letters behind the dash. */
  readonly short: string;
  /** The long form; absent: the option's key in lower case. */
  readonly long?: string;
  readonly text: string;
  readonly required?: true;
}

export interface TextOption extends OptionBase {
  readonly kind: "text";
  /** As help shows it, between angle brackets. */
  readonly value: string;
  readonly fallback?: string;
  /** May stand without a value in front of another option; its value is then empty. */
  readonly bare?: true;
}

/** A whole number. */
export interface NumberOption extends OptionBase {
  readonly kind: "number";
  readonly value: string;
  readonly least: number;
  /** Infinity: without limit. */
  readonly most: number;
  readonly fallback?: number;
}

/** One of a few words, each with its meaning; upper and lower case are the same. */
export interface WordOption<Word extends string = string> extends OptionBase {
  readonly kind: "word";
  readonly words: Readonly<Record<Word, string>>;
  /** As help shows it, between angle brackets; absent: the words themselves. */
  readonly value?: string;
  readonly fallback?: Word;
}

/** May be given several times, and where `commas` says so as one word with commas too. */
export interface ListOption extends OptionBase {
  readonly kind: "list";
  readonly value: string;
  readonly commas: boolean;
}

export interface FlagOption extends OptionBase {
  readonly kind: "flag";
}

/** As a flag, that may be given as `=true` or `=false` too; left out it is neither. */
export interface ToggleOption extends OptionBase {
  readonly kind: "toggle";
}

export type OptionSpec =
  | TextOption
  | NumberOption
  | WordOption
  | ListOption
  | FlagOption
  | ToggleOption;
export type OptionTable = Readonly<Record<string, OptionSpec>>;

export function text(short: string, value: string, meaning: string) {
  return { kind: "text", short, value, text: meaning } as const;
}

/** The option may stand without a value in front of another one. */
export function bare(option: TextOption): TextOption {
  return { ...option, bare: true };
}

export function number(
  short: string,
  value: string,
  meaning: string,
  least = 0,
  most = Number.POSITIVE_INFINITY,
) {
  return { kind: "number", short, value, text: meaning, least, most } as const;
}

export function word<const Words extends Readonly<Record<string, string>>>(
  short: string,
  words: Words,
  meaning: string,
) {
  return { kind: "word", short, words, text: meaning } as const;
}

export function list(short: string, value: string, meaning: string, form?: "commas") {
  return { kind: "list", short, value, text: meaning, commas: form === "commas" } as const;
}

export function flag(short: string, meaning: string) {
  return { kind: "flag", short, text: meaning } as const;
}

export function toggle(short: string, meaning: string) {
  return { kind: "toggle", short, text: meaning } as const;
}

export function required<Spec extends OptionSpec>(spec: Spec) {
  return { ...spec, required: true } as const;
}

export function withDefault<Spec extends OptionSpec, Value>(spec: Spec, fallback: Value) {
  return { ...spec, fallback } as const;
}

type Given<Spec> = Spec extends { kind: "flag" | "toggle" }
  ? boolean
  : Spec extends { kind: "list" }
    ? readonly string[]
    : Spec extends { kind: "number" }
      ? number
      : Spec extends { kind: "word"; words: infer Words }
        ? keyof Words & string
        : string;

type IsSure<Spec> = Spec extends { required: true } | { fallback: unknown } ? true : false;

type ValueOf<Spec> = Spec extends { kind: "flag" | "list" }
  ? Given<Spec>
  : IsSure<Spec> extends true
    ? Given<Spec>
    : Given<Spec> | undefined;

/** What an action is given: a value for every option, undefined where it was left out. */
export type OptionValues<Table> = { readonly [Key in keyof Table]: ValueOf<Table[Key]> };

/** Gives an option a long form of its own, which with dashes left out is its key in lower case. */
export function named<Spec extends OptionSpec>(long: string, spec: Spec) {
  return { ...spec, long } as const;
}

/** Gives an option's words one name in help. */
export function shownAs<Spec extends WordOption>(value: string, spec: Spec) {
  return { ...spec, value } as const;
}

/** The long form as help shows it. */
export function longName(key: string, spec: OptionSpec): string {
  return spec.long ?? key.toLowerCase();
}

/** The value as help writes it, as `<job-id>` or `<asc|desc>`; nothing for a flag. */
export function placeholder(spec: OptionSpec): string {
  switch (spec.kind) {
    case "flag":
      return "";
    case "word":
      return `<${spec.value ?? Object.keys(spec.words).join("|")}>`;
    case "toggle":
      return "=<true|false>";
    case "text":
    case "number":
    case "list":
      return `<${spec.value}>`;
  }
}
