import type { Body, Finding, PlainValue, Range } from "../tree.ts";

/** A value for a `variable` block from outside the job file. Of several for one name the last one counts. */
export interface VariableInput {
  readonly name: string;
  /**
   * Text is read by the declared type: as it stands for `string` (and where no type is known), else as an HCL
   * expression. A value (of a variable file) is converted to the declared type.
   */
  readonly given:
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "value"; readonly value: PlainValue };
  /** Where it came from, for messages: `-var`, `-var-file prod.hcl`, `NOMAD_VAR_count`. */
  readonly origin: string;
  /** Its place in a variable file; null elsewhere. */
  readonly range: Range | null;
  /** Whether a job file without this variable is an error (`-var`) or not (the environment). */
  readonly mustBeDeclared: boolean;
}

/** What evaluation needs from outside. A port that is null makes its functions a finding where they are called. */
export interface HclOptions {
  readonly variables: readonly VariableInput[];
  /** Milliseconds since 1970, for timestamp(). */
  readonly now: number;
  /** From 0 up to 1, for uuidv4(). */
  readonly random: () => number;
  /** The content of a text file; null: there is none. Relative paths are as the job file wrote them. */
  readonly readFile: ((path: string) => string | null) | null;
  /** What abspath() puts before a relative path. */
  readonly workingDirectory: string | null;
  /** What pathexpand() puts for `~`. */
  readonly homeDirectory: string | null;
  /** Hexadecimal digests of the text in UTF-8. */
  readonly digest: ((algorithm: DigestAlgorithm, text: string) => string) | null;
  readonly bcrypt: ((text: string, cost: number) => string) | null;
  readonly yaml: YamlPort | null;
}

export type DigestAlgorithm = "md5" | "sha1" | "sha256" | "sha512";

/** A YAML library. `parse` throws an Error where the text is not YAML. */
export interface YamlPort {
  readonly parse: (text: string) => unknown;
  readonly print: (value: PlainValue) => string;
}

export interface HclResult {
  /** Null: there are errors among the findings. */
  readonly body: Body | null;
  /** Then what could be read all the same; null with mistakes of syntax, after which nothing is known. */
  readonly partialBody: Body | null;
  /** In the order of the file. */
  readonly findings: readonly Finding[];
}
