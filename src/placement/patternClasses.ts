import { type CharacterTest, isWordCharacter } from "./patternTree.ts";

function between(first: string, last: string): CharacterTest {
  const from = first.codePointAt(0) ?? 0;
  const to = last.codePointAt(0) ?? 0;
  return (character) => character >= from && character <= to;
}

function oneOf(characters: string): CharacterTest {
  const all = new Set(Array.from(characters, (character) => character.codePointAt(0) ?? 0));
  return (character) => all.has(character);
}

export function anyOf(tests: readonly CharacterTest[]): CharacterTest {
  return (character) => tests.some((matches) => matches(character));
}

export function noneOf(test: CharacterTest): CharacterTest {
  return (character) => !test(character);
}

const digit = between("0", "9");
const lower = between("a", "z");
const upper = between("A", "Z");
const space = oneOf("\t\n\f\r ");
const alpha = anyOf([lower, upper]);

/** `\d` and its like: ASCII only. */
export const PERL_CLASSES: Readonly<Record<string, CharacterTest>> = {
  d: digit,
  D: noneOf(digit),
  s: space,
  S: noneOf(space),
  w: isWordCharacter,
  W: noneOf(isWordCharacter),
};

/** `[[:alpha:]]` and its like: ASCII only. */
export const POSIX_CLASSES: Readonly<Record<string, CharacterTest>> = {
  alnum: anyOf([alpha, digit]),
  alpha,
  ascii: between("\0", "\x7f"),
  blank: oneOf("\t "),
  cntrl: anyOf([between("\0", "\x1f"), oneOf("\x7f")]),
  digit,
  graph: between("!", "~"),
  lower,
  print: between(" ", "~"),
  punct: anyOf([between("!", "/"), between(":", "@"), between("[", "`"), between("{", "~")]),
  space: anyOf([space, oneOf("\v")]),
  upper,
  word: isWordCharacter,
  xdigit: anyOf([digit, between("a", "f"), between("A", "F")]),
};

/** A general category or script of Unicode, as `L`, `Lu`, `Greek`; null: there is none of that name. */
export function unicodeClass(name: string): CharacterTest | null {
  if (!/^\w+$/.test(name)) return null;
  for (const property of [name, `Script=${name}`]) {
    try {
      const pattern = new RegExp(`^\\p{${property}}$`, "u");
      return (character) => pattern.test(String.fromCodePoint(character));
    } catch {
      // Not of that sort.
    }
  }
  return null;
}

/** The test for a character and its other case. */
export function ignoringCase(test: CharacterTest): CharacterTest {
  return (character) => {
    if (test(character)) return true;
    const text = String.fromCodePoint(character);
    return [text.toLowerCase(), text.toUpperCase()].some((other) => {
      const code = other.codePointAt(0) ?? character;
      return String.fromCodePoint(code) === other && test(code);
    });
  };
}
