import type { OptionSpec, OptionTable } from "./option.ts";

/** The one form of an option's name that the parser is given. */
export function canonicalName(key: string): string {
  return key.toLowerCase();
}

/**
 * Writes options in the one form that commander takes: from two-letter short ones (`-id x`, `-id=x`), from long ones with
 * one dash or two, and with dashes within or none (`-check-index 3`, `--checkindex 3`), and from several of one letter in one
 * word (`-it`). Values stay as they are, also those that look like an option, and so does everything behind `--`.
 */
export function expandOptionWords(options: OptionTable, words: readonly string[]): string[] {
  const find = optionFinder(options);
  const expanded: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--") return [...expanded, ...words.slice(at)];
    const [name = "", ...value] = word.split("=");
    const found = find(name);
    if (found === null) {
      expanded.push(...(lettersOf(find, word) ?? [word]));
      continue;
    }
    const next = words[at + 1];
    const isToggled = found.spec.kind === "toggle" && value.length === 0;
    if (isToggled) value.push("true");
    else if (value.length === 0 && isBare(found.spec, next)) value.push("");
    expanded.push([`--${canonicalName(found.key)}`, ...value].join("="));
    if (found.spec.kind === "flag" || value.length > 0 || next === undefined) continue;
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
    if (spec === undefined || spec.kind === "flag" || spec.kind === "toggle") continue;
    if (value.length === 0 && !isBare(spec, words[at + 1])) at += 1;
  }
  return { own: words.slice(0, at), rest: words.slice(at) };
}

/** Whether the option stands without its value, as `next` is no value of it. */
function isBare(spec: OptionSpec, next: string | undefined): boolean {
  return spec.kind === "text" && spec.bare === true && (next?.startsWith("-") ?? true);
}

/** The options of one letter that the word is made of; null: it is not. None of them takes a value. */
function lettersOf(find: (name: string) => FoundOption | null, word: string): string[] | null {
  if (!/^-[a-z]{2,}$/.test(word)) return null;
  const found = [...word.slice(1)].map((letter) => find(`-${letter}`));
  const expanded = found.flatMap((option) => {
    if (option === null || option.spec.short.length > 1) return [];
    if (option.spec.kind === "flag") return [`--${canonicalName(option.key)}`];
    return option.spec.kind === "toggle" ? [`--${canonicalName(option.key)}=true`] : [];
  });
  return expanded.length === found.length ? expanded : null;
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
