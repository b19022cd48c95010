import type { Finding } from "../tree.ts";
import type { Source, Span } from "./source.ts";

/** Something wrong at a place; becomes a finding when it leaves the reader. */
export interface Problem {
  readonly span: Span;
  readonly message: string;
  readonly fix?: string;
  /** As of a finding. */
  readonly code?: string;
}

/** Ends the reading of one expression or block; whoever can go on behind it catches it. Never leaves this folder. */
export class SyntaxFailure extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/**
 * Ends the evaluation of one expression, with all that is wrong in it: independent parts are still evaluated. Thrown
 * rather than returned, as `try` and `can` are exceptions of the language. Never leaves this folder.
 */
export class EvaluationFailure extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(problems.map(({ message }) => message).join("; "), options);
    this.problems = problems;
  }
}

export function toFinding(source: Source, problem: Problem): Finding {
  const fix = problem.fix === undefined ? {} : { fix: problem.fix };
  const code = problem.code === undefined ? {} : { code: problem.code };
  return {
    severity: "error",
    ...code,
    message: problem.message,
    range: source.range(problem.span),
    ...fix,
  };
}
