import { UsageError } from "../failure.ts";

export interface NameValue {
  name: string;
  value: string;
}

/** Reads KEY=VALUE words; `option` names their option in the error. */
export function nameValues(words: readonly string[], option: string): NameValue[] {
  return words.map((word) => {
    const at = word.indexOf("=");
    if (at > 0) return { name: word.slice(0, at), value: word.slice(at + 1) };
    throw new UsageError(`Expected KEY=VALUE as ${option} and got "${word}".`);
  });
}

/** The fields that were given; what was left out must not be sent at all. */
export function givenOf<Fields extends Readonly<Record<string, unknown>>>(fields: Fields) {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as {
    [Key in keyof Fields]?: Exclude<Fields[Key], undefined>;
  };
}
