import type { ErrorDetail } from "../../protocol/api/check.ts";
import { CliError } from "../failure.ts";
import type { Position, SourceDocument } from "./document.ts";

/** Something that is to be corrected in a file, or where `position` is text, in that option. */
export interface Misfit {
  readonly position: Position | string;
  readonly message: string;
  readonly fix: string;
}

/** Enough to work on for a while. */
const SHOWN_MAX = 20;

/** The API's refusals with their places in the file. */
export function misfits(
  errors: readonly ErrorDetail[],
  document: SourceDocument,
  placeOf: (field: string) => string,
  optionOf: (field: string) => string | undefined,
): Misfit[] {
  return errors.map(({ code, field = "", message, fix }) => {
    const part = code === "UnsupportedProperty" ? "key" : "value";
    const position = optionOf(field) ?? document.positionOf(placeOf(field), part);
    return { position, message, fix };
  });
}

/** All mistakes of a file in one error, in the order in which they stand there. */
export function fileError(name: string, mistakes: readonly Misfit[]): CliError {
  const sorted = mistakes.toSorted((a, b) => rankOf(a) - rankOf(b));
  const lines = sorted.slice(0, SHOWN_MAX).map((mistake) => lineOf(name, mistake));
  const [only] = sorted;
  if (only !== undefined && sorted.length === 1) return new CliError(lines.join(), only);
  const more = sorted.length - lines.length;
  if (more > 0) lines.push(`and ${more} more.`);
  const fix = "Correct them, then run it again: nothing was sent.";
  return new CliError([`${name} has ${sorted.length} mistakes:`, ...lines].join("\n"), { fix });
}

function lineOf(name: string, { position, message }: Misfit): string {
  if (typeof position === "string") return `${position}: ${message}`;
  return `${name}:${position.line}:${position.column}: ${message}`;
}

/** Columns are fewer than this; the order of lines goes before theirs. */
const COLUMNS_MAX = 1e6;

function rankOf({ position }: Misfit): number {
  return typeof position === "string" ? 0 : position.line * COLUMNS_MAX + position.column;
}
