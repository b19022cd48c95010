import { parsePattern } from "./patternParser.ts";
import { compileProgram, runProgram } from "./patternProgram.ts";

/**
 * Regular expressions of jobs, in the syntax that Nomad knows (RE2). They are the jobs' users', and are asked of nodes
 * inside the engine: so they are matched in time proportional to the text, which JavaScript's own do not promise.
 */
export interface Pattern {
  /** Whether it is found anywhere in the text. */
  test(text: string): boolean;
}

/** Longer ones are nobody's constraint. */
const TEXT_MAX = 2_000;

/** Null: not a regular expression, or one too large. */
export function compilePattern(text: string): Pattern | null {
  if (text.length > TEXT_MAX) return null;
  const tree = parsePattern(text);
  const program = tree === null ? null : compileProgram(tree);
  return program === null ? null : { test: (subject) => runProgram(program, subject) };
}
