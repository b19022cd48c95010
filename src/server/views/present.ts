import { isoTime } from "../../model/time.ts";

type Present<Fields> = { [Key in keyof Fields]?: Exclude<Fields[Key], null | undefined> };

/** The fields that are neither null nor undefined: in answers, what there is not is left out. */
export function present<Fields extends Readonly<Record<string, unknown>>>(
  fields: Fields,
): Present<Fields> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== null && value !== undefined) kept[name] = value;
  }
  return kept as Present<Fields>;
}

/** ISO 8601 of an instant; null stays null. */
export function timeOf(at: number | null): string | null {
  return at === null ? null : isoTime(at);
}
