import type { ConfigValue } from "../../model/group.ts";

// The kinds of things that the table of blocks and attributes is made of. Decoding, messages and the reference in
// docs/job-file.md all follow from the table; an attribute that is not in it is an error where it stands.

/** What a value may be. Bounds are inclusive; durations are in milliseconds. */
export type ValueType =
  | { readonly kind: "text" }
  | { readonly kind: "choice"; readonly choices: readonly string[] }
  | { readonly kind: "whole"; readonly min: number; readonly max: number }
  | { readonly kind: "truth" }
  | { readonly kind: "duration"; readonly minMs: number; readonly belowMin: string }
  | { readonly kind: "texts" }
  /** Text for each name; written as a map or as a block. */
  | { readonly kind: "map" }
  /** A list of texts for each name. */
  | { readonly kind: "textsMap" }
  /** Anything: for drivers' own settings. */
  | { readonly kind: "value" };

/** Why something that Nomad has is not taken here, and what to do instead. */
export interface Refusal {
  readonly reason: string;
  readonly fix: string;
  /** Texts that ask for nothing but what is done anyway. */
  readonly fine: readonly string[];
}

export interface AttributeSchema<T = unknown> {
  readonly type: ValueType;
  /** For the reference: the default as one would write it; null: none, it is optional. */
  readonly default: string | null;
  /** Code of the finding where it is missing; null: it may be. */
  readonly required: string | null;
  /** Code of the finding where its value does not fit. */
  readonly invalid: string;
  /** Null: it works. Else it is refused where it stands with anything but an empty value. */
  readonly refusal: Refusal | null;
  /** Its name in Nomad's JSON. */
  readonly json: string;
  /** For the reference. */
  readonly about: string;
  /** Never there: carries the type of the decoded value. */
  readonly decoded?: T;
}

export type Attributes = Readonly<Record<string, AttributeSchema>>;

/** How Nomad's JSON writes a block within its parent. */
export interface JsonForm {
  readonly keys: readonly string[];
  /** Field that is the label; "key": it is a map by label; null: it has none. */
  readonly label: string | null;
}

export interface ChildBlock {
  /** A function, as blocks may name each other. Null: all of it is refused. */
  readonly schema: (() => BlockSchema) | null;
  readonly many: boolean;
  readonly refusal: Refusal | null;
  readonly json: JsonForm;
}

export interface BlockSchema<A extends Attributes = Attributes> {
  readonly name: string;
  readonly about: string;
  /** What its label is; null: it has none. */
  readonly label: string | null;
  readonly attributes: A;
  readonly blocks: Readonly<Record<string, ChildBlock>>;
  /** Fields of Nomad's JSON that its server fills in: no wishes of the user. */
  readonly answers?: readonly string[];
}

/** Values of the attributes that were written. */
export type Written<A extends Attributes> = {
  readonly [K in keyof A]?: A[K] extends AttributeSchema<infer T> ? T : never;
};

export interface Options {
  readonly default?: string;
  readonly required?: string;
  readonly invalid?: string;
  readonly json?: string;
  readonly refusal?: Refusal;
}

function attribute<T>(type: ValueType, about: string, options: Options): AttributeSchema<T> {
  return {
    type,
    about,
    default: options.default ?? null,
    required: options.required ?? null,
    invalid: options.invalid ?? "value_invalid",
    refusal: options.refusal ?? null,
    json: options.json ?? "",
  };
}

export function text(about: string, options: Options = {}): AttributeSchema<string> {
  return attribute({ kind: "text" }, about, options);
}

export function choice<const T extends string>(
  choices: readonly T[],
  about: string,
  options: Options = {},
): AttributeSchema<T> {
  return attribute({ kind: "choice", choices }, about, options);
}

export function whole(
  about: string,
  options: Options & { readonly min?: number; readonly max?: number } = {},
): AttributeSchema<number> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = options;
  return attribute({ kind: "whole", min, max }, about, options);
}

export function truth(about: string, options: Options = {}): AttributeSchema<boolean> {
  return attribute({ kind: "truth" }, about, { default: "false", ...options });
}

/** `minMs` with the code of a value below it. */
export function duration(
  about: string,
  options: Options & { readonly minMs?: number; readonly belowMin?: string } = {},
): AttributeSchema<number> {
  const { minMs = 0, belowMin = "duration_negative" } = options;
  return attribute({ kind: "duration", minMs, belowMin }, about, options);
}

export function texts(about: string, options: Options = {}): AttributeSchema<readonly string[]> {
  return attribute({ kind: "texts" }, about, options);
}

export function map(
  about: string,
  options: Options = {},
): AttributeSchema<Readonly<Record<string, string>>> {
  return attribute({ kind: "map" }, about, options);
}

export function textsMap(
  about: string,
  options: Options = {},
): AttributeSchema<Readonly<Record<string, readonly string[]>>> {
  return attribute({ kind: "textsMap" }, about, options);
}

export function anything(about: string, options: Options = {}): AttributeSchema<ConfigValue> {
  return attribute({ kind: "value" }, about, options);
}

const REMOVE = "Remove it.";

/** An attribute that is refused unless its value is empty, false or 0, or one of the texts of `fine`. */
export function refused(
  reason: string,
  options: Options & { readonly fix?: string; readonly fine?: readonly string[] } = {},
) {
  const refusal = { reason, fix: options.fix ?? REMOVE, fine: options.fine ?? [] };
  return attribute<ConfigValue>({ kind: "value" }, reason, { ...options, refusal });
}

/** Refused for now although it is decoded. */
export function later<T>(schema: AttributeSchema<T>, reason: string): AttributeSchema<T> {
  return { ...schema, refusal: { reason, fix: REMOVE, fine: [] } };
}

/** Refused unless it has this value, which it has anyway. */
export function only<T>(
  value: string,
  schema: AttributeSchema<T>,
  reason: string,
): AttributeSchema<T> {
  return { ...schema, refusal: { reason, fix: REMOVE, fine: [value] } };
}

export function block(
  schema: () => BlockSchema,
  json: string,
  options: { readonly many?: boolean; readonly label?: string; readonly also?: string } = {},
): ChildBlock {
  const { many = false, label = null, also } = options;
  const keys = also === undefined ? [json] : [json, also];
  return { schema, many, refusal: null, json: { keys, label } };
}

export function refusedBlock(reason: string, json: string, fix = REMOVE): ChildBlock {
  const form = { keys: [json], label: null };
  return { schema: null, many: true, refusal: { reason, fix, fine: [] }, json: form };
}

/** The name of an attribute in Nomad's JSON: given, or made of its own (`max_delay`: `MaxDelay`). */
export function jsonName(name: string, schema: AttributeSchema): string {
  if (schema.json !== "") return schema.json;
  return name
    .split("_")
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");
}

/** Without those that are refused, or are taken only with the value that they have anyway: what one may write. */
export function acceptedAttributes({ attributes }: BlockSchema): [string, AttributeSchema][] {
  return Object.entries(attributes).filter(([, { refusal }]) => refusal === null);
}

export function acceptedBlocks({ blocks }: BlockSchema): [string, ChildBlock][] {
  return Object.entries(blocks).filter(([, { refusal }]) => refusal === null);
}

/** What may stand in a block, for messages. */
export function takesText(names: readonly string[]): string {
  return names.length === 0 ? "Remove it: nothing is set here." : `It takes ${names.join(", ")}.`;
}
