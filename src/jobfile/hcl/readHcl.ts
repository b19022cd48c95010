import type { Finding } from "../tree.ts";
import { parseFile } from "./body.ts";
import { ReferenceChecker } from "./checks.ts";
import { Evaluator, type NamedValues } from "./evaluate.ts";
import { Expander } from "./expand.ts";
import { Locals } from "./locals.ts";
import type { HclOptions, HclResult } from "./options.ts";
import { type Problem, toFinding } from "./problem.ts";
import { Scope } from "./scope.ts";
import { Source } from "./source.ts";
import type { BodySyntax } from "./syntax.ts";
import { Variables } from "./variables.ts";

/** The largest files people write are a few hundred KB; more is a mistake of some program. */
const MAX_FILE_LENGTH = 8 * 1024 * 1024;
/** More would only repeat what the first ones say. */
const MAX_FINDINGS = 100;

const NO_NAMES: ReadonlySet<string> = new Set();

/** In the order of the file, each once: what is found before and while evaluating is often the same. */
function inOrder(source: Source, problems: readonly Problem[]): Finding[] {
  const seen = new Set<string>();
  const sorted = [...problems].sort((a, b) => a.span.start - b.span.start);
  const fresh = sorted.filter(({ span, message }) => {
    const key = `${span.start} ${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  return fresh.slice(0, MAX_FINDINGS).map((problem) => toFinding(source, problem));
}

/**
 * Reads an HCL2 job file: syntax, variables, locals, functions, `dynamic` blocks. The body has no `variable`,
 * `variables` and `locals` blocks any more. All findings come together; with mistakes of syntax nothing is
 * evaluated, as what is missing then would be reported as well. What cannot be evaluated does not keep the rest from it.
 */
export function readHcl(text: string, file: string, options: HclOptions): HclResult {
  if (text.length > MAX_FILE_LENGTH) {
    const message = `${file}: expected a file of at most ${MAX_FILE_LENGTH} characters, found ${text.length}`;
    const findings: Finding[] = [{ severity: "error", message, range: null }];
    return { body: null, partialBody: null, findings };
  }
  const source = new Source(text.toWellFormed(), file);
  const parsed = parseFile(source);
  if (parsed.problems.length > 0) {
    return { body: null, partialBody: null, findings: inOrder(source, parsed.problems) };
  }
  return evaluateFile(source, parsed.body, options);
}

function evaluateFile(source: Source, file: BodySyntax, options: HclOptions): HclResult {
  const blocksOf = (...types: string[]) => file.blocks.filter(({ type }) => types.includes(type));
  const variables = new Variables(source, options, blocksOf("variable", "variables"));
  const locals = new Locals(blocksOf("locals"));
  const roots = new Map<string, NamedValues>([
    ["var", variables],
    ["local", locals],
  ]);
  const named: readonly string[] = ["variable", "variables", "locals"];
  const rest = { ...file, blocks: file.blocks.filter(({ type }) => !named.includes(type)) };

  const checker = new ReferenceChecker(source, roots);
  for (const expression of locals.expressions) checker.checkExpression(expression, NO_NAMES);
  checker.checkBody(rest, NO_NAMES);

  const evaluator = new Evaluator(source, options, roots);
  locals.evaluateAll(evaluator);
  const expander = new Expander(source, evaluator);
  const body = expander.expand(rest, Scope.empty);

  const problems = [
    ...variables.problems,
    ...locals.problems,
    ...checker.problems,
    ...expander.problems,
  ];
  const findings = [...variables.findings, ...inOrder(source, problems)];
  const isWhole = findings.length === 0;
  return { body: isWhole ? body : null, partialBody: isWhole ? null : body, findings };
}
