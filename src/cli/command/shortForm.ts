import { longName, type OptionSpec, type OptionTable } from "./option.ts";

/**
 * Writes two-letter short options (`-id x`, `-id=x`) in their long form, which is the only one that commander takes. Values
 * stay as they are, also those that look like an option, and so does everything behind `--`.
 */
export function expandShortForms(options: OptionTable, words: readonly string[]): string[] {
  const byWord = optionsByWord(options);
  const expanded: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--") return [...expanded, ...words.slice(at)];
    const [name = "", ...value] = word.split("=");
    const found = byWord.get(name);
    const isLong = found !== undefined && (found.spec.short.length > 1 || value.length > 0);
    expanded.push(isLong ? [`--${longName(found.key)}`, ...value].join("=") : word);
    const next = words[at + 1];
    if (found === undefined || found.spec.kind === "flag" || value.length > 0) continue;
    if (next === undefined) continue;
    expanded.push(next);
    at += 1;
  }
  return expanded;
}

interface Found {
  readonly key: string;
  readonly spec: OptionSpec;
}

function optionsByWord(options: OptionTable): ReadonlyMap<string, Found> {
  return new Map(
    Object.entries(options).flatMap(([key, spec]) => [
      [`-${spec.short}`, { key, spec }] as const,
      [`--${longName(key)}`, { key, spec }] as const,
    ]),
  );
}
