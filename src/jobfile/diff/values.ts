import { formatGoDuration } from "../../model/duration.ts";
import { ofNanoseconds } from "../read/duration.ts";
import type { PlainValue } from "../tree.ts";
import type { DiffKind, FieldDiff, ObjectDiff } from "./diff.ts";
import { isDurationField } from "./durationFields.ts";

export type PlainObject = { readonly [key: string]: PlainValue };

export function isObject(value: PlainValue | undefined): value is PlainObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isList(value: PlainValue | undefined): value is readonly PlainValue[] {
  return Array.isArray(value);
}

/** What an object is shown as, and by what two lists of it are told to hold the same one. */
interface Shown {
  readonly name: string;
  readonly key?: string;
}

const SHOWN: Readonly<Record<string, Shown>> = {
  Affinities: { name: "Affinity" },
  Artifacts: { name: "Artifact", key: "RelativeDest" },
  Checks: { name: "Check", key: "Name" },
  Constraints: { name: "Constraint" },
  DynamicPorts: { name: "Dynamic Port", key: "Label" },
  Networks: { name: "Network" },
  Periodic: { name: "Periodic" },
  ReservedPorts: { name: "Static Port", key: "Label" },
  Services: { name: "Service", key: "Name" },
  Spreads: { name: "Spread", key: "Attribute" },
  SpreadTarget: { name: "SpreadTarget", key: "Value" },
  Templates: { name: "Template", key: "DestPath" },
  Volumes: { name: "Volume", key: "Name" },
  VolumeMounts: { name: "VolumeMount", key: "Destination" },
};

/** Maps of the user's that are shown as fields with their key (`Env[LEVEL]`). */
const FLAT = ["Env", "Meta"];

/** Objects by their name, shown as a list of them. */
const BY_NAME = ["Volumes"];

export interface Difference {
  readonly fields: readonly FieldDiff[];
  readonly objects: readonly ObjectDiff[];
}

/** What differs between two objects; null: there is none on that side. `skipped` is looked at elsewhere. */
export function difference(
  old: PlainObject | null,
  now: PlainObject | null,
  skipped: readonly string[] = [],
): Difference {
  const fields: FieldDiff[] = [];
  const objects: ObjectDiff[] = [];
  const keys = new Set([...Object.keys(old ?? {}), ...Object.keys(now ?? {})]);
  for (const key of [...keys].sort()) {
    if (skipped.includes(key)) continue;
    const found = differenceOf(key, old?.[key], now?.[key]);
    fields.push(...found.fields);
    objects.push(...found.objects);
  }
  return { fields, objects };
}

function differenceOf(
  key: string,
  old: PlainValue | undefined,
  now: PlainValue | undefined,
): Difference {
  if (BY_NAME.includes(key))
    return { fields: [], objects: listDiffs(key, listOf(old), listOf(now)) };
  if (FLAT.includes(key)) return { fields: flatFields(key, old, now), objects: [] };
  if (isObjects(old) || isObjects(now)) return { fields: [], objects: listDiffs(key, old, now) };
  if (isList(old) || isList(now)) return { fields: itemFields(key, old, now), objects: [] };
  if (isObject(old) || isObject(now)) {
    const name = SHOWN[key]?.name ?? key;
    return { fields: [], objects: objectDiff(name, objectOr(old), objectOr(now)) };
  }
  return { fields: fieldDiff(key, textOf(key, old), textOf(key, now)), objects: [] };
}

function listOf(value: PlainValue | undefined): readonly PlainValue[] {
  return isObject(value) ? Object.values(value) : [];
}

function isObjects(value: PlainValue | undefined): value is readonly PlainObject[] {
  return isList(value) && value.length > 0 && value.every(isObject);
}

function objectOr(value: PlainValue | undefined): PlainObject | null {
  return isObject(value) ? value : null;
}

function textOf(key: string, value: PlainValue | undefined): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "number" && isDurationField(key))
    return formatGoDuration(ofNanoseconds(value));
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function fieldDiff(
  name: string,
  old: string,
  now: string,
  annotation: string | null = null,
): FieldDiff[] {
  const kind = kindOf(old !== "", now !== "", old === now);
  return kind === "None" ? [] : [{ kind, name, old, now, annotation }];
}

function kindOf(was: boolean, is: boolean, isSame: boolean): DiffKind {
  if (isSame) return "None";
  if (!was) return "Added";
  return is ? "Edited" : "Deleted";
}

function flatFields(
  key: string,
  old: PlainValue | undefined,
  now: PlainValue | undefined,
): FieldDiff[] {
  const { fields } = difference(objectOr(old), objectOr(now));
  return fields.map((field) => ({ ...field, name: `${key}[${field.name}]` }));
}

function itemFields(
  key: string,
  old: PlainValue | undefined,
  now: PlainValue | undefined,
): FieldDiff[] {
  const before = isList(old) ? old : [];
  const after = isList(now) ? now : [];
  const length = Math.max(before.length, after.length);
  return Array.from({ length }, (_, index) =>
    fieldDiff(`${key}[${index}]`, textOf("", before[index]), textOf("", after[index])),
  ).flat();
}

/** Empty: they are the same. */
export function objectDiff(
  name: string,
  old: PlainObject | null,
  now: PlainObject | null,
): ObjectDiff[] {
  const { fields, objects } = difference(old, now);
  const isSame = fields.length === 0 && objects.length === 0 && (old === null) === (now === null);
  const kind = kindOf(old !== null, now !== null, isSame);
  return kind === "None" ? [] : [{ kind, name, fields, objects }];
}

/** Objects of two lists in pairs: by their key where they have one, else those that are equal. */
function listDiffs(
  key: string,
  old: PlainValue | undefined,
  now: PlainValue | undefined,
): ObjectDiff[] {
  const before = isObjects(old) ? old : [];
  const after = isObjects(now) ? now : [];
  const shown = SHOWN[key] ?? { name: key };
  return pairs(before, after, shown.key).flatMap(([was, is]) => objectDiff(shown.name, was, is));
}

function pairs(
  before: readonly PlainObject[],
  after: readonly PlainObject[],
  key: string | undefined,
): (readonly [PlainObject | null, PlainObject | null])[] {
  const identity = (object: PlainObject) =>
    JSON.stringify(key === undefined ? object : object[key]);
  const left = [...before];
  const matched = after.map((object) => {
    const index = left.findIndex((candidate) => identity(candidate) === identity(object));
    const [was] = index < 0 ? [] : left.splice(index, 1);
    return [was ?? null, object] as const;
  });
  // One network of a group is the other, changed.
  const [only, ...more] = left;
  const [[was, is] = [null, null], ...others] = matched;
  const isOneChanged = key === undefined && only !== undefined && more.length + others.length === 0;
  if (isOneChanged && was === null && is !== null) return [[only, is]];
  return [...matched, ...left.map((object) => [object, null] as const)];
}
