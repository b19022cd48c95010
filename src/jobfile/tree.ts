// What every form of a job file (HCL2, YAML, JSON) is read into before it is decoded: blocks and values, each with
// its place, so that a decoder can point at the line of what it refuses.

/** A place between two characters. Both count from 1; the column counts characters (code points), not bytes. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** From the first character to just behind the last one. */
export interface Range {
  /** As the user named the file. */
  readonly file: string;
  readonly start: Position;
  readonly end: Position;
}

/**
 * An evaluated value. A nested value has its own place where it was written out, and the place of the whole
 * expression where it was computed (by a function, a `for`, a reference). References that only a node knows
 * (`${attr.kernel.name}`) stand in strings as they were written.
 */
export type TreeValue =
  | { readonly kind: "null"; readonly range: Range }
  | { readonly kind: "boolean"; readonly value: boolean; readonly range: Range }
  | { readonly kind: "number"; readonly value: number; readonly range: Range }
  | {
      readonly kind: "string";
      readonly value: string;
      readonly range: Range;
      /** Where each line of the text begins; absent: it was computed, or what it is made of has lines of its own. */
      readonly lines?: readonly TextLine[];
    }
  | { readonly kind: "list"; readonly items: readonly TreeValue[]; readonly range: Range }
  | {
      readonly kind: "object";
      /** In the order of the file. */
      readonly entries: ReadonlyMap<string, TreeEntry>;
      readonly range: Range;
    };

export interface TextLine {
  readonly start: Position;
  /** How many of its characters, from its start, stand in the file as they are: up to an escape or a `${`. */
  readonly verbatim: number;
}

export interface TreeEntry {
  readonly keyRange: Range;
  readonly value: TreeValue;
}

/** `name = value`. */
export interface Attribute {
  readonly name: string;
  readonly nameRange: Range;
  readonly value: TreeValue;
  /** From the name to the end of the value. */
  readonly range: Range;
}

export interface Label {
  readonly text: string;
  readonly range: Range;
}

/** `type "label" { ... }`. */
export interface Block {
  readonly type: string;
  readonly typeRange: Range;
  readonly labels: readonly Label[];
  readonly body: Body;
  /** From the type to the closing brace. */
  readonly range: Range;
}

export interface Body {
  /** In the order of the file. A name stands once; a second one is a finding of the reader. */
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** In the order of the file; `dynamic` blocks are already expanded. */
  readonly blocks: readonly Block[];
  /** What is between the braces, or the whole file. */
  readonly range: Range;
  /** Attributes, and `dynamic` blocks by their type, that are written and could not be evaluated: that is told already. */
  readonly unread?: readonly Pick<Attribute, "name" | "nameRange">[];
}

/** What is wrong, or doubtful, at one place of a file. */
export interface Finding {
  readonly severity: "error" | "warning";
  /** Name of the kind of mistake, as `variable_undeclared` or `unsupported_block`; the same in every release. */
  readonly code?: string;
  /** What was expected and what was found, as one sentence. */
  readonly message: string;
  /** The part of the spec that it is about, as `groups[0].restart`; absent: it is about the file. */
  readonly path?: string;
  /** Null: not in the file, e.g. a variable given on the command line. */
  readonly range: Range | null;
  /** What to write instead, where that is known. */
  readonly fix?: string;
}

export type PlainValue =
  | null
  | boolean
  | number
  | string
  | readonly PlainValue[]
  | { readonly [key: string]: PlainValue };

/** The value without places, as JSON has it. */
export function plainValue(value: TreeValue): PlainValue {
  switch (value.kind) {
    case "null":
      return null;
    case "boolean":
    case "number":
    case "string":
      return value.value;
    case "list":
      return value.items.map(plainValue);
    case "object":
      return Object.fromEntries(
        [...value.entries].map(([key, entry]) => [key, plainValue(entry.value)]),
      );
  }
}
