import type { OptionTable } from "./option.ts";
import { optionFinder } from "./optionWords.ts";

export interface Leading {
  /** Options with their values, as they were given. */
  readonly options: readonly string[];
  readonly rest: readonly string[];
}

/** Splits off the options of this table that stand before the first other word, as in `--server URL job list`. */
export function leadingOptions(table: OptionTable, words: readonly string[]): Leading {
  const find = optionFinder(table);
  let at = 0;
  while (at < words.length) {
    const [name = "", ...value] = (words[at] ?? "").split("=");
    const found = find(name);
    if (found === null) break;
    const hasOwnWord = found.spec.kind !== "flag" && value.length === 0;
    at += hasOwnWord ? 2 : 1;
  }
  return { options: words.slice(0, at), rest: words.slice(at) };
}
