import {
  type Assertion,
  type CharacterTest,
  isWordCharacter,
  type PatternTree,
} from "./patternTree.ts";

/** States of a nondeterministic automaton; `next` and `other` are places in the program. */
type Instruction =
  | { readonly kind: "character"; readonly matches: CharacterTest; readonly next: number }
  | { readonly kind: "assertion"; readonly assertion: Assertion; readonly next: number }
  | { readonly kind: "split"; next: number; readonly other: number }
  | { readonly kind: "found" };

export interface PatternProgram {
  readonly instructions: readonly Instruction[];
  readonly start: number;
}

/** Each character of a text costs at most so many steps; repeats are written out. */
const INSTRUCTIONS_MAX = 5_000;

/** Null: larger than INSTRUCTIONS_MAX. */
export function compileProgram(tree: PatternTree): PatternProgram | null {
  if (sizeOf(tree) > INSTRUCTIONS_MAX) return null;
  const instructions: Instruction[] = [{ kind: "found" }];
  return { start: emit(instructions, tree, 0), instructions };
}

function sizeOf(tree: PatternTree): number {
  switch (tree.kind) {
    case "character":
    case "assertion":
      return 1;
    case "sequence":
      return tree.parts.reduce((sum, part) => sum + sizeOf(part), 1);
    case "choice":
      return tree.options.reduce((sum, option) => sum + sizeOf(option) + 1, 0);
    case "repeat":
      return (sizeOf(tree.part) + 1) * Math.max(tree.min + 1, tree.max ?? 0);
  }
}

/** Writes the program of a tree that goes on at `next`; gives where it starts. */
function emit(program: Instruction[], tree: PatternTree, next: number): number {
  switch (tree.kind) {
    case "character":
      return push(program, { kind: "character", matches: tree.matches, next });
    case "assertion":
      return push(program, { kind: "assertion", assertion: tree.assertion, next });
    case "sequence":
      return tree.parts.reduceRight((after, part) => emit(program, part, after), next);
    case "choice":
      return tree.options
        .map((option) => emit(program, option, next))
        .reduceRight((other, first) => push(program, { kind: "split", next: first, other }));
    case "repeat":
      return emitRepeat(program, tree, next);
  }
}

function emitRepeat(
  program: Instruction[],
  { part, min, max }: Extract<PatternTree, { kind: "repeat" }>,
  next: number,
): number {
  let start = next;
  if (max === null) {
    const loop: Instruction = { kind: "split", next, other: next };
    start = push(program, loop);
    loop.next = emit(program, part, start);
  } else {
    for (let count = min; count < max; count += 1) {
      start = push(program, { kind: "split", next: emit(program, part, start), other: next });
    }
  }
  for (let count = 0; count < min; count += 1) start = emit(program, part, start);
  return start;
}

function push(program: Instruction[], instruction: Instruction): number {
  program.push(instruction);
  return program.length - 1;
}

/** Whether the pattern is found anywhere: all states at once, character by character. */
export function runProgram({ instructions, start }: PatternProgram, text: string): boolean {
  const characters = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  let states = new Set<number>();
  for (let at = 0; at <= characters.length; at += 1) {
    const open = [start, ...states];
    const reached = new Set<number>();
    for (let place = open.pop(); place !== undefined; place = open.pop()) {
      if (reached.has(place)) continue;
      reached.add(place);
      const instruction = instructions[place];
      if (instruction === undefined) throw new Error(`a pattern has no instruction ${place}`);
      if (instruction.kind === "found") return true;
      if (instruction.kind === "split") open.push(instruction.next, instruction.other);
      if (instruction.kind === "assertion" && holds(instruction.assertion, characters, at)) {
        open.push(instruction.next);
      }
    }
    states = advance(instructions, reached, characters[at]);
  }
  return false;
}

function advance(
  instructions: readonly Instruction[],
  reached: ReadonlySet<number>,
  character: number | undefined,
): Set<number> {
  const states = new Set<number>();
  if (character === undefined) return states;
  for (const place of reached) {
    const instruction = instructions[place];
    if (instruction?.kind === "character" && instruction.matches(character)) {
      states.add(instruction.next);
    }
  }
  return states;
}

const NEW_LINE = 0x0a;

function holds(assertion: Assertion, characters: readonly number[], at: number): boolean {
  const before = characters[at - 1];
  const after = characters[at];
  switch (assertion) {
    case "textStart":
      return before === undefined;
    case "textEnd":
      return after === undefined;
    case "lineStart":
      return before === undefined || before === NEW_LINE;
    case "lineEnd":
      return after === undefined || after === NEW_LINE;
    case "wordBoundary":
      return isWord(before) !== isWord(after);
    case "noWordBoundary":
      return isWord(before) === isWord(after);
  }
}

function isWord(character: number | undefined): boolean {
  return character !== undefined && isWordCharacter(character);
}
