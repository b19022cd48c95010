/** Whether a character (code point) is meant. */
export type CharacterTest = (character: number) => boolean;

export type Assertion =
  | "textStart"
  | "textEnd"
  | "lineStart"
  | "lineEnd"
  | "wordBoundary"
  | "noWordBoundary";

/** A regular expression, parsed. */
export type PatternTree =
  | { readonly kind: "character"; readonly matches: CharacterTest }
  | { readonly kind: "assertion"; readonly assertion: Assertion }
  | { readonly kind: "sequence"; readonly parts: readonly PatternTree[] }
  | { readonly kind: "choice"; readonly options: readonly PatternTree[] }
  | {
      readonly kind: "repeat";
      readonly part: PatternTree;
      readonly min: number;
      /** Null: no limit. */
      readonly max: number | null;
    };

export function isWordCharacter(character: number): boolean {
  return (
    (character >= 0x30 && character <= 0x39) ||
    (character >= 0x41 && character <= 0x5a) ||
    (character >= 0x61 && character <= 0x7a) ||
    character === 0x5f
  );
}
