import { UsageError } from "../failure.ts";

export interface NameValue {
  name: string;
  value: string;
}

/** Reads words as NAME=VALUE; `form` and `option` are what help calls them. */
export function nameValues(
  words: readonly string[],
  form: "KEY=VALUE" | "NAME=VALUE",
  option: string,
): NameValue[] {
  return words.map((word) => {
    const at = word.indexOf("=");
    if (at > 0) return { name: word.slice(0, at), value: word.slice(at + 1) };
    throw new UsageError(`Expected ${form} as ${option} and got "${word}".`);
  });
}

/** The fields that were given; what was left out must not be sent at all. */
export function givenOf<Fields extends Readonly<Record<string, unknown>>>(fields: Fields) {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as {
    [Key in keyof Fields]?: Exclude<Fields[Key], undefined>;
  };
}

/** The fields that an edit is given. Throws UsageError when there is none. */
export function changesOf<Fields extends Readonly<Record<string, unknown>>>(fields: Fields) {
  const changes = givenOf(fields);
  if (Object.keys(changes).length > 0) return changes;
  throw new UsageError("Expected something to change and got no option for it.");
}
