/** Versions and version constraints as Nomad reads them (`>= 1.0, < 1.4`, `~> 1.2`). */
export interface Version {
  /** At least three. */
  readonly segments: readonly bigint[];
  /** How many segments were written. */
  readonly written: number;
  /** Parts of the pre-release; empty: none. */
  readonly preRelease: readonly string[];
}

/** `version`: pre-releases match only where they are asked for, `~>` is known. `semver`: plain Semver 2.0 order. */
export type VersionDialect = "version" | "semver";

type VersionOperator = "=" | "!=" | ">" | "<" | ">=" | "<=" | "~>";

export interface VersionConstraint {
  readonly operator: VersionOperator;
  readonly version: Version;
}

/** Longer texts are no versions; their patterns would take long to refuse. */
const TEXT_MAX = 256;
const SEGMENT_MAX = 2n ** 63n - 1n;
const CORE = String.raw`^v?(\d+(?:\.\d+)*)`;
const PART = "[0-9A-Za-z~-]";
const FROM_DIGIT = String.raw`\d${PART}*(?:\.${PART}+)*`;
const FROM_LETTER = String.raw`[A-Za-z~-]${PART}*(?:\.${PART}+)*`;
const METADATA = String.raw`(?:\+${PART}+(?:\.${PART}+)*)?$`;
/** `1.2beta` is a version, with the hyphen left out. */
const LOOSE = new RegExp(`${CORE}(?:-(${FROM_DIGIT})|-?(${FROM_LETTER}))?${METADATA}`);
const STRICT = new RegExp(`${CORE}(?:-(${FROM_DIGIT})|-(${FROM_LETTER}))?${METADATA}`);
const CONSTRAINT = /^\s*(!=|>=|<=|~>|=|>|<|)\s*(\S+)\s*$/;

/** Null: not a version. */
export function parseVersion(text: string, pattern: RegExp = LOOSE): Version | null {
  if (text.length > TEXT_MAX) return null;
  const match = pattern.exec(text);
  if (match === null) return null;
  const [, core = "", fromDigit, fromLetter] = match;
  const segments = core.split(".").map(BigInt);
  if (segments.some((segment) => segment > SEGMENT_MAX)) return null;
  const written = segments.length;
  while (segments.length < 3) segments.push(0n);
  const preRelease = (fromDigit ?? fromLetter)?.split(".") ?? [];
  return { segments, written, preRelease };
}

/** All of a comma-separated list must hold. Null: not such a list. */
export function parseVersionConstraints(
  text: string,
  dialect: VersionDialect,
): readonly VersionConstraint[] | null {
  const constraints: VersionConstraint[] = [];
  for (const single of text.split(",")) {
    const constraint = parseSingle(single, dialect);
    if (constraint === null) return null;
    constraints.push(constraint);
  }
  return constraints;
}

function parseSingle(text: string, dialect: VersionDialect): VersionConstraint | null {
  const [, operator = "", versionText = ""] = CONSTRAINT.exec(text) ?? [];
  const version = parseVersion(versionText, dialect === "semver" ? STRICT : LOOSE);
  if (version === null || (operator === "~>" && dialect === "semver")) return null;
  // The pattern lets nothing else through.
  return { operator: operator === "" ? "=" : (operator as VersionOperator), version };
}

export function satisfiesVersion(
  version: Version,
  constraints: readonly VersionConstraint[],
  dialect: VersionDialect,
): boolean {
  return constraints.every((constraint) => satisfies(version, constraint, dialect));
}

function satisfies(
  version: Version,
  { operator, version: wanted }: VersionConstraint,
  dialect: VersionDialect,
): boolean {
  const order = compareVersions(version, wanted);
  const mayCompare = dialect === "semver" || isComparable(version, wanted);
  switch (operator) {
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
    case ">":
      return mayCompare && order > 0;
    case "<":
      return mayCompare && order < 0;
    case ">=":
      return mayCompare && order >= 0;
    case "<=":
      return mayCompare && order <= 0;
    case "~>":
      return mayCompare && order >= 0 && isWithin(version, wanted);
  }
}

/** A pre-release is compared only with a pre-release of the same version. */
function isComparable(version: Version, wanted: Version): boolean {
  if (version.preRelease.length === 0) return true;
  if (wanted.preRelease.length === 0) return false;
  if (version.segments.length !== wanted.segments.length) return false;
  return version.segments.every((segment, index) => segment === wanted.segments[index]);
}

/** `~>`: all written segments but the last stay as they are. */
function isWithin(version: Version, wanted: Version): boolean {
  if (wanted.preRelease.length > 0 && version.preRelease.length === 0) return false;
  if (wanted.segments.length > version.segments.length) return false;
  const kept = wanted.segments.slice(0, wanted.written - 1);
  return kept.every((segment, index) => segment === version.segments[index]);
}

/** Below 0: a is older. Build metadata does not count; missing segments are 0. */
export function compareVersions(a: Version, b: Version): number {
  const length = Math.max(a.segments.length, b.segments.length);
  for (let index = 0; index < length; index += 1) {
    const difference = (a.segments[index] ?? 0n) - (b.segments[index] ?? 0n);
    if (difference !== 0n) return difference < 0n ? -1 : 1;
  }
  if (a.preRelease.length === 0 || b.preRelease.length === 0) {
    return Math.sign(b.preRelease.length - a.preRelease.length);
  }
  return comparePreReleases(a.preRelease, b.preRelease);
}

function comparePreReleases(a: readonly string[], b: readonly string[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const order = comparePart(a[index] ?? "", b[index] ?? "");
    if (order !== 0) return order;
  }
  return Math.sign(a.length - b.length);
}

/** Numbers by value and before words, words as text. */
function comparePart(a: string, b: string): number {
  if (a === b) return 0;
  const isNumber = /^\d+$/;
  if (isNumber.test(a) && isNumber.test(b)) {
    const difference = BigInt(a) - BigInt(b);
    return difference === 0n ? 0 : difference < 0n ? -1 : 1;
  }
  if (isNumber.test(a) !== isNumber.test(b)) return isNumber.test(a) ? -1 : 1;
  return a < b ? -1 : 1;
}
