import { shownAs, word } from "./option.ts";

/** Words of options that people and what they own have in common. */

export const ROLE = {
  0: "Administrator",
  1: "Manager",
  2: "Operator",
  3: "Guest",
} as const;

export const SWITCH = { E: "enable", D: "disable" } as const;
export type SwitchLetter = keyof typeof SWITCH;

export function roleOption(meaning: string) {
  return shownAs("role-num", word("ro", ROLE, meaning));
}

export function switchOption(meaning: string) {
  return shownAs("E|D", word("st", SWITCH, meaning));
}

/** As the API says it. */
export function switchOf(letter: SwitchLetter | undefined): "enable" | "disable" | undefined {
  return letter === undefined ? undefined : SWITCH[letter];
}
