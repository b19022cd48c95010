import type { OptionSpec, OptionTable } from "./option.ts";

/** The one form of an option's name that the parser is given. */
export function canonicalName(key: string): string {
  return key.toLowerCase();
}

/**
 * Writes options in the one form that commander takes: from two-letter short ones (`-id x`, `-id=x`), from long ones with
 * one dash or two, and with dashes within or none (`-check-index 3`, `--checkindex 3`). Values stay as they are, also those
 * that look like an option, and so does everything behind `--`.
 */
export function expandOptionWords(options: OptionTable, words: readonly string[]): string[] {
  const find = optionFinder(options);
  const expanded: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--") return [...expanded, ...words.slice(at)];
    const [name = "", ...value] = word.split("=");
    const found = find(name);
    expanded.push(found === null ? word : [`--${canonicalName(found.key)}`, ...value].join("="));
    const next = words[at + 1];
    if (found === null || found.spec.kind === "flag" || value.length > 0) continue;
    if (next === undefined) continue;
    expanded.push(next);
    at += 1;
  }
  return expanded;
}

export interface FoundOption {
  readonly key: string;
  readonly spec: OptionSpec;
}

/** Looks an option up by any way of writing its name, dashes in front included; a short form goes before a long one. */
export function optionFinder(options: OptionTable): (name: string) => FoundOption | null {
  const shorts = new Map<string, FoundOption>();
  const longs = new Map<string, FoundOption>();
  for (const [key, spec] of Object.entries(options)) {
    shorts.set(`-${spec.short}`, { key, spec });
    longs.set(canonicalName(key), { key, spec });
  }
  return (name) => {
    if (!/^--?[a-z]/.test(name)) return null;
    return shorts.get(name) ?? longs.get(name.replaceAll("-", "")) ?? null;
  };
}
