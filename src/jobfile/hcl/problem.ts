import { nearest } from "../read/suggest.ts";
import type { Finding } from "../tree.ts";
import type { Source, Span } from "./source.ts";

/** Something wrong at a place; becomes a finding when it leaves the reader. */
export interface Problem {
  readonly span: Span;
  readonly message: string;
  readonly fix?: string;
  /** As of a finding. */
  readonly code?: string;
  /** Where no fix is known: the words that could have been meant, looked through only when it becomes a finding. */
  readonly meant?: {
    readonly word: string;
    readonly known: readonly string[];
    readonly prefix: string;
  };
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

/** More words are not looked through; a file with so many has them by a program. */
const MAX_SUGGESTED_FROM = 1000;

function suggestion({ meant }: Problem): string | undefined {
  if (meant === undefined || meant.known.length > MAX_SUGGESTED_FROM) return undefined;
  const near = nearest(meant.word.slice(0, 100), meant.known);
  return near === null ? undefined : `write \`${meant.prefix}${near}\` if that was meant`;
}

export function toFinding(source: Source, problem: Problem): Finding {
  const fix = problem.fix ?? suggestion(problem);
  const code = problem.code === undefined ? {} : { code: problem.code };
  return {
    severity: "error",
    ...code,
    message: problem.message,
    range: source.range(problem.span),
    ...(fix === undefined ? {} : { fix }),
  };
}
