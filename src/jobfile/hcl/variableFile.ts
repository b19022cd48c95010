import { type Finding, plainValue } from "../tree.ts";
import { parseFile } from "./body.ts";
import { Evaluator } from "./evaluate.ts";
import { Expander } from "./expand.ts";
import { fromForeign } from "./functions/json.ts";
import type { HclOptions, VariableInput } from "./options.ts";
import { type Problem, toFinding } from "./problem.ts";
import { Scope } from "./scope.ts";
import { Source } from "./source.ts";
import { isObject } from "./value.ts";
import { variableValue } from "./variables.ts";

export interface VariableFile {
  readonly inputs: readonly VariableInput[];
  readonly findings: readonly Finding[];
}

function readJson(text: string, origin: string): VariableFile {
  try {
    const value: unknown = JSON.parse(text);
    const isNamed = isObject(fromForeign(value));
    if (!isNamed) throw new Error("found another value");
    const inputs = Object.entries(value as Record<string, never>).map(([name, given]) =>
      variableValue(name, given, origin, null),
    );
    return { inputs, findings: [] };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `${origin}: expected a JSON object of variables: ${reason}`;
    return { inputs: [], findings: [{ severity: "error", message, range: null }] };
  }
}

/**
 * Reads a file of values for variables (`-var-file`): `name = value` lines of HCL, or an object of JSON where the name
 * ends in `.json`. Values may call functions and refer to nothing.
 */
export function readVariableFile(text: string, file: string, options: HclOptions): VariableFile {
  const origin = `-var-file ${file}`;
  if (file.endsWith(".json")) return readJson(text, origin);
  const source = new Source(text.toWellFormed(), file);
  const { body, problems } = parseFile(source);
  const expander = new Expander(source, new Evaluator(source, options, new Map()));
  const read = expander.expand({ ...body, blocks: [] }, Scope.empty);
  const strays = body.blocks.map(({ type, typeSpan }): Problem => {
    return { span: typeSpan, message: `expected \`name = value\`, found the block \`${type}\`` };
  });
  const inputs = [...read.attributes.values()].map(({ name, value }) =>
    variableValue(name, plainValue(value), origin, value.range),
  );
  const all = [...problems, ...strays, ...expander.problems];
  return { inputs, findings: all.map((problem) => toFinding(source, problem)) };
}
