import { longName, type OptionTable } from "./option.ts";

export interface Leading {
  /** Options with their values, as they were given. */
  readonly options: readonly string[];
  readonly rest: readonly string[];
}

/** Splits off the options of this table that stand before the first other word, as in `--server URL job list`. */
export function leadingOptions(table: OptionTable, words: readonly string[]): Leading {
  let at = 0;
  while (at < words.length) {
    const [name, ...value] = (words[at] ?? "").split("=");
    const found = Object.entries(table).find(
      ([key, { short }]) => name === `-${short}` || name === `--${longName(key)}`,
    );
    if (found === undefined) break;
    const hasOwnWord = found[1].kind !== "flag" && value.length === 0;
    at += hasOwnWord ? 2 : 1;
  }
  return { options: words.slice(0, at), rest: words.slice(at) };
}
