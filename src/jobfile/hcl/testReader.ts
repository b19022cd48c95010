// For tests: reading with nothing from outside, and short forms of what comes back.
import { type PlainValue, plainValue } from "../tree.ts";
import type { HclOptions, HclResult, VariableInput } from "./options.ts";
import { readHcl } from "./readHcl.ts";

export const NO_OPTIONS: HclOptions = {
  variables: [],
  now: 1_795_000_000_000,
  random: () => 0.5,
  readFile: null,
  workingDirectory: null,
  homeDirectory: null,
  digest: null,
  bcrypt: null,
  yaml: null,
};

export function read(text: string, options: Partial<HclOptions> = {}): HclResult {
  return readHcl(text, "job.hcl", { ...NO_OPTIONS, ...options });
}

/** `-var name=text`. */
export function given(name: string, text: string): VariableInput {
  return {
    name,
    given: { kind: "text", text },
    origin: "-var",
    range: null,
    mustBeDeclared: true,
  };
}

/** `line:column message` of each. */
export function findingsOf(text: string, options: Partial<HclOptions> = {}): string[] {
  return read(text, options).findings.map(({ message, range }) =>
    range === null ? message : `${range.start.line}:${range.start.column} ${message}`,
  );
}

/** The value of the attribute `x`; throws what was found where it cannot be read. */
export function computed(text: string, options: Partial<HclOptions> = {}): PlainValue {
  const { body, findings } = read(text, options);
  const value = body?.attributes.get("x")?.value;
  if (value === undefined) throw new Error(findings.map(({ message }) => message).join("\n"));
  return plainValue(value);
}
