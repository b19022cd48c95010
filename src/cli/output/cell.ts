/** An instant; `seconds` where minutes are not enough. */
export interface Instant {
  readonly iso: string;
  readonly seconds: boolean;
}

/** A value of a table; undefined prints as nothing. */
export type Cell = string | number | boolean | Instant | undefined;

export function minute(iso: string | undefined): Cell {
  return iso === undefined ? undefined : { iso, seconds: false };
}

export function second(iso: string | undefined): Cell {
  return iso === undefined ? undefined : { iso, seconds: true };
}

/** `YYYY/MM/DD hh:mm` in the zone of whoever reads it, with `:ss` on demand. */
export function formatInstant({ iso, seconds }: Instant): string {
  const date = new Date(iso);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}/${two(date.getMonth() + 1)}/${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return seconds ? `${day} ${time}:${two(date.getSeconds())}` : `${day} ${time}`;
}

/** A size as people read it: `512 B`, `1.5 KiB`, `3.0 GiB`. */
export function formatSize(sizeBytes: number): string {
  const KIBI = 1024;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  if (sizeBytes < KIBI) return `${sizeBytes} B`;
  const power = Math.min(Math.floor(Math.log2(sizeBytes) / 10), units.length);
  return `${(sizeBytes / KIBI ** power).toFixed(1)} ${units[power - 1]}`;
}

// Output of jobs and names of files are shown in tables: they must not steer the terminal.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g;

function escapeControl(character: string): string {
  if (character === "\t") return "    ";
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

/** Text that a terminal shows as it is; line ends stay. */
export function printable(value: string): string {
  return value.replaceAll("\r\n", "\n").replace(CONTROL, escapeControl);
}

export function boxText(cell: Cell): string {
  if (cell === undefined) return "";
  if (typeof cell === "object") return formatInstant(cell);
  return printable(String(cell));
}

/** Times stay as the API gives them, and what would break a row is written as \t and \n. */
export function tsvText(cell: Cell): string {
  if (cell === undefined) return "";
  if (typeof cell === "object") return cell.iso;
  return String(cell)
    .replaceAll("\\", "\\\\")
    .replaceAll("\t", "\\t")
    .replaceAll("\r", "\\r")
    .replaceAll("\n", "\\n");
}

/** At most this many columns wide, "..." at the end of what was cut. */
export function cut(value: string, columns: number): string {
  if (Bun.stringWidth(value) <= columns) return value;
  const CUT = "...";
  let kept = "";
  let width = CUT.length;
  for (const character of value) {
    width += Bun.stringWidth(character);
    if (width > columns) break;
    kept += character;
  }
  return kept + CUT;
}
