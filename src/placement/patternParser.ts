import {
  anyOf,
  ignoringCase,
  noneOf,
  PERL_CLASSES,
  POSIX_CLASSES,
  unicodeClass,
} from "./patternClasses.ts";
import type { Assertion, CharacterTest, PatternTree } from "./patternTree.ts";

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

/** Repeats of one thing at most (RE2). */
const REPEAT_MAX = 1_000;
/** Groups within groups; they are parsed by recursion. */
const DEPTH_MAX = 100;
const ESCAPES: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
const ASSERTIONS: Readonly<Record<string, Assertion>> = {
  A: "textStart",
  z: "textEnd",
  b: "wordBoundary",
  B: "noWordBoundary",
};
const NEW_LINE = 0x0a;
const LAST_CHARACTER = 0x10ffff;
const REPEAT = /^(?:([*+?])|\{(\d{1,5})(?:(,)(\d{0,5}))?\})/;
const GROUP = /^\(\?(?:P?<[A-Za-z_]\w*>|([imsU]*)(?:-([imsU]+))?([:)]))/;
const HEX = /^x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/;
const OCTAL = /^(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/;
const UNICODE = /^([pP])(?:([A-Z])|\{(\^?)(\w+)\})/;

class NotAPattern extends Error {}

/** Null: not a regular expression of RE2, as look-around and back-references are not. */
export function parsePattern(text: string): PatternTree | null {
  try {
    return new Parser(text).parse();
  } catch (error) {
    if (error instanceof NotAPattern) return null;
    throw error;
  }
}

function character(matches: CharacterTest, flags: Flags): PatternTree {
  return { kind: "character", matches: flags.i ? ignoringCase(matches) : matches };
}

function only(code: number): CharacterTest {
  return (other) => other === code;
}

class Parser {
  #rest: string;
  #flags: Flags = { i: false, m: false, s: false };
  #depth = 0;

  constructor(text: string) {
    this.#rest = text;
  }

  parse(): PatternTree {
    const tree = this.#choice();
    if (this.#rest !== "") throw new NotAPattern("a parenthesis too many");
    return tree;
  }

  #take(text: string): boolean {
    if (!this.#rest.startsWith(text)) return false;
    this.#rest = this.#rest.slice(text.length);
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    const match = pattern.exec(this.#rest);
    if (match !== null) this.#rest = this.#rest.slice(match[0].length);
    return match;
  }

  /** The next character, whatever it is. */
  #next(): number {
    const code = this.#rest.codePointAt(0);
    if (code === undefined) throw new NotAPattern("it ends too early");
    this.#rest = this.#rest.slice(code > 0xffff ? 2 : 1);
    return code;
  }

  #choice(): PatternTree {
    const options = [this.#sequence()];
    while (this.#take("|")) options.push(this.#sequence());
    return { kind: "choice", options };
  }

  #sequence(): PatternTree {
    const parts: PatternTree[] = [];
    while (this.#rest !== "" && !this.#rest.startsWith("|") && !this.#rest.startsWith(")")) {
      parts.push(...this.#repeated());
    }
    return { kind: "sequence", parts };
  }

  #repeated(): readonly PatternTree[] {
    if (REPEAT.test(this.#rest)) throw new NotAPattern("nothing to repeat");
    const parts = this.#take("\\Q") ? this.#quoted() : this.#single();
    const repeat = this.#match(REPEAT);
    if (repeat === null) return parts;
    // Of a quoted text its last character.
    const part = parts.at(-1);
    if (part === undefined) throw new NotAPattern("nothing to repeat");
    this.#take("?");
    if (REPEAT.test(this.#rest)) throw new NotAPattern("a repeat of a repeat");
    return [...parts.slice(0, -1), repeated(part, repeat)];
  }

  #quoted(): readonly PatternTree[] {
    const end = this.#rest.indexOf("\\E");
    const text = end < 0 ? this.#rest : this.#rest.slice(0, end);
    this.#rest = end < 0 ? "" : this.#rest.slice(end + 2);
    return Array.from(text, (one) => character(only(one.codePointAt(0) ?? 0), this.#flags));
  }

  /** One thing that may be repeated; none: flags, which are nothing by themselves. */
  #single(): readonly PatternTree[] {
    if (this.#rest.startsWith("(")) return this.#group();
    return [this.#character()];
  }

  #character(): PatternTree {
    if (this.#take("[")) return character(this.#set(), this.#flags);
    if (this.#take("\\")) return this.#escaped();
    const { m, s } = this.#flags;
    if (this.#take("^")) return { kind: "assertion", assertion: m ? "lineStart" : "textStart" };
    if (this.#take("$")) return { kind: "assertion", assertion: m ? "lineEnd" : "textEnd" };
    if (this.#take(".")) {
      return { kind: "character", matches: s ? () => true : noneOf(only(NEW_LINE)) };
    }
    return character(only(this.#next()), this.#flags);
  }

  #group(): readonly PatternTree[] {
    const outer = this.#flags;
    const match = this.#match(GROUP);
    if (match === null) {
      if (this.#rest.startsWith("(?")) throw new NotAPattern("an unknown sort of group");
      this.#take("(");
    } else if (match[3] !== undefined) {
      const [, on = "", off = "", end] = match;
      if (on + off === "" && end === ")") throw new NotAPattern("flags without flags");
      this.#flags = changed(outer, on, off);
      if (end === ")") return [];
    }
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) throw new NotAPattern("groups too deep");
    const tree = this.#choice();
    if (!this.#take(")")) throw new NotAPattern("a parenthesis is open");
    this.#depth -= 1;
    this.#flags = outer;
    return [tree];
  }

  #escaped(): PatternTree {
    const assertion = ASSERTIONS[this.#rest.charAt(0)];
    if (assertion !== undefined) {
      this.#next();
      return { kind: "assertion", assertion };
    }
    return character(this.#escapedClass() ?? only(this.#escapedCharacter()), this.#flags);
  }

  /** After a backslash; null: no class. */
  #escapedClass(): CharacterTest | null {
    const perl = PERL_CLASSES[this.#rest.charAt(0)];
    if (perl !== undefined) {
      this.#next();
      return perl;
    }
    const match = this.#match(UNICODE);
    if (match === null) return null;
    const [, letter, short, not, long] = match;
    const matches = unicodeClass(short ?? long ?? "");
    if (matches === null) throw new NotAPattern("an unknown class of characters");
    return (letter === "P") !== (not === "^") ? noneOf(matches) : matches;
  }

  /** After a backslash. */
  #escapedCharacter(): number {
    const hex = this.#match(HEX);
    const octal = hex === null ? this.#match(OCTAL) : null;
    if (hex !== null) return inRange(Number.parseInt(hex[1] ?? hex[2] ?? "", 16));
    if (octal !== null) return Number.parseInt(octal[0], 8);
    const code = this.#next();
    const letter = String.fromCodePoint(code);
    const known = ESCAPES[letter];
    if (known !== undefined) return known;
    if (/[0-9A-Za-z]/.test(letter)) throw new NotAPattern("an unknown escape");
    return code;
  }

  /** After the opening bracket. */
  #set(): CharacterTest {
    const isNegated = this.#take("^");
    const tests: CharacterTest[] = [];
    do tests.push(this.#setItem());
    while (!this.#take("]"));
    return isNegated ? noneOf(this.#folded(anyOf(tests))) : anyOf(tests);
  }

  /** What a negated set leaves out, it leaves out in both cases. */
  #folded(test: CharacterTest): CharacterTest {
    return this.#flags.i ? ignoringCase(test) : test;
  }

  #setItem(): CharacterTest {
    const posix = this.#match(/^\[:(\^?)(\w+):\]/);
    if (posix !== null) {
      const matches = Object.hasOwn(POSIX_CLASSES, posix[2] ?? "")
        ? POSIX_CLASSES[posix[2] ?? ""]
        : undefined;
      if (matches === undefined) throw new NotAPattern("an unknown class of characters");
      return posix[1] === "^" ? noneOf(matches) : matches;
    }
    if (this.#rest.startsWith("\\")) {
      const { length } = this.#rest;
      this.#next();
      const matches = this.#escapedClass();
      if (matches !== null) return matches;
      this.#rest = `\\${this.#rest}`;
      if (this.#rest.length !== length) throw new NotAPattern("an unknown escape");
    }
    const first = this.#setCharacter();
    if (!/^-[^\]]/.test(this.#rest)) return only(first);
    this.#take("-");
    const last = this.#setCharacter();
    if (last < first) throw new NotAPattern("a range the wrong way round");
    return (code) => code >= first && code <= last;
  }

  #setCharacter(): number {
    return this.#take("\\") ? this.#escapedCharacter() : this.#next();
  }
}

function repeated(part: PatternTree, match: RegExpExecArray): PatternTree {
  const [, sign, least, comma, most] = match;
  if (sign !== undefined) {
    return { kind: "repeat", part, min: sign === "+" ? 1 : 0, max: sign === "?" ? 1 : null };
  }
  const min = Number(least);
  const max = comma === undefined ? min : most === "" ? null : Number(most);
  if (min > REPEAT_MAX || (max ?? 0) > REPEAT_MAX || (max !== null && max < min)) {
    throw new NotAPattern("a repeat out of bounds");
  }
  return { kind: "repeat", part, min, max };
}

/** U only says which of several matches is preferred, which does not matter here. */
function changed(flags: Flags, on: string, off: string): Flags {
  const value = (flag: keyof Flags): boolean =>
    (flags[flag] || on.includes(flag)) && !off.includes(flag);
  return { i: value("i"), m: value("m"), s: value("s") };
}

function inRange(code: number): number {
  if (code > LAST_CHARACTER) throw new NotAPattern("no character has that number");
  return code;
}
