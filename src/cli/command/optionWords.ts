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
    const isToggled = found?.spec.kind === "toggle" && value.length === 0;
    if (isToggled) value.push("true");
    expanded.push(found === null ? word : [`--${canonicalName(found.key)}`, ...value].join("="));
    const next = words[at + 1];
    if (found === null || found.spec.kind === "flag" || value.length > 0) continue;
    if (next === undefined) continue;
    expanded.push(next);
    at += 1;
  }
  return expanded;
}

/**
 * The words as options and what follows them: everything from the first word on that is neither an option nor its value. Two
 * dashes end the options, too.
 */
export function splitOptionWords(
  options: OptionTable,
  words: readonly string[],
): { readonly own: readonly string[]; readonly rest: readonly string[] } {
  const find = optionFinder(options);
  let at = 0;
  for (; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--") return { own: words.slice(0, at), rest: words.slice(at + 1) };
    if (!word.startsWith("-") || word === "-") break;
    const [name = "", ...value] = word.split("=");
    const spec = find(name)?.spec;
    const takesNext = spec !== undefined && spec.kind !== "flag" && spec.kind !== "toggle";
    if (takesNext && value.length === 0) at += 1;
  }
  return { own: words.slice(0, at), rest: words.slice(at) };
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
