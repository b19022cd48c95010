import type { GroupSpec } from "../../model/group.ts";
import { type GroupChange, groupChange } from "../../model/groupChange.ts";
import type { GroupJobSpec } from "../decode/jobs.ts";
import { nomadJson } from "../nomad/jobs.ts";
import type { PlainValue } from "../tree.ts";
import type { DiffKind, FieldDiff, GroupDiff, GroupUpdates, JobDiff, TaskDiff } from "./diff.ts";
import { difference, isObject, type PlainObject } from "./values.ts";

/**
 * What a new version of a job changes, as `nomad job plan` shows it. `old` null: it is new; `now` null: it is removed.
 * `updates` says by the scheduler what becomes of each group's executions; a group that is not in it is told of as if
 * all its executions ran.
 */
export function jobDiff(
  old: GroupJobSpec | null,
  now: GroupJobSpec | null,
  updates: Readonly<Record<string, GroupUpdates>> = {},
): JobDiff {
  const before = old === null ? null : nomadJson(old);
  const after = now === null ? null : nomadJson(now);
  const { fields, objects } = difference(before, after, ["TaskGroups"]);
  const groups = pairsOf(before?.["TaskGroups"], after?.["TaskGroups"]).map(([name, was, is]) => {
    const diff = groupDiff(name, was, is, { old, now });
    return { ...diff, updates: updates[name] ?? diff.updates };
  });
  const isEdited = fields.length > 0 || objects.length > 0 || groups.some(isNotNone);
  const kind = kindOf(before, after, isEdited);
  return { kind, name: now?.id ?? old?.id ?? "", fields, objects, groups };
}

type Pair = readonly [name: string, old: PlainObject | null, now: PlainObject | null];

/** Objects of two lists by name, sorted. */
function pairsOf(old: PlainValue | undefined, now: PlainValue | undefined): Pair[] {
  const before = namedOf(old);
  const after = namedOf(now);
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.map((name) => [name, before.get(name) ?? null, after.get(name) ?? null]);
}

function namedOf(value: PlainValue | undefined): Map<string, PlainObject> {
  const objects = Array.isArray(value) ? value.filter(isObject) : [];
  return new Map(objects.map((object: PlainObject) => [String(object["Name"]), object]));
}

function isNotNone({ kind }: { readonly kind: DiffKind }): boolean {
  return kind !== "None";
}

function kindOf(old: PlainObject | null, now: PlainObject | null, isEdited: boolean): DiffKind {
  if (old === null) return "Added";
  if (now === null) return "Deleted";
  return isEdited ? "Edited" : "None";
}

interface Versions {
  readonly old: GroupJobSpec | null;
  readonly now: GroupJobSpec | null;
}

function groupDiff(
  name: string,
  old: PlainObject | null,
  now: PlainObject | null,
  versions: Versions,
): GroupDiff {
  const was = groupNamed(versions.old, name);
  const is = groupNamed(versions.now, name);
  const change = changeOf(was, is, versions);
  const { fields, objects } = difference(old, now, ["Name", "Tasks"]);
  const tasks = pairsOf(old?.["Tasks"], now?.["Tasks"]).map(([task, before, after]) =>
    taskDiff(task, before, after, change),
  );
  const isEdited =
    change === "destructive" || fields.length > 0 || objects.length > 0 || tasks.some(isNotNone);
  const updates = updatesOf(was, is, change);
  const annotated = fields.map(annotateCount);
  return { kind: kindOf(old, now, isEdited), name, fields: annotated, objects, tasks, updates };
}

function groupNamed(spec: GroupJobSpec | null, name: string): GroupSpec | null {
  return spec?.groups.groups.find((group) => group.name === name) ?? null;
}

function changeOf(
  was: GroupSpec | null,
  is: GroupSpec | null,
  { old, now }: Versions,
): GroupChange {
  if (was === null || is === null || old === null || now === null) return "destructive";
  return groupChange(old.groups, was, now.groups, is);
}

function annotateCount(field: FieldDiff): FieldDiff {
  if (field.name !== "Count" || field.kind !== "Edited") return field;
  const isMore = Number(field.now) > Number(field.old);
  return { ...field, annotation: isMore ? "forces create" : "forces destroy" };
}

function taskDiff(
  name: string,
  old: PlainObject | null,
  now: PlainObject | null,
  change: GroupChange,
): TaskDiff {
  const { fields, objects } = difference(old, now, ["Name"]);
  const kind = kindOf(old, now, fields.length > 0 || objects.length > 0);
  return { kind, name, fields, objects, annotation: annotationOf(kind, change) };
}

function annotationOf(kind: DiffKind, change: GroupChange): string | null {
  switch (kind) {
    case "None":
      return null;
    case "Added":
      return "forces create";
    case "Deleted":
      return "forces destroy";
    case "Edited":
      return change === "destructive" ? "forces create/destroy update" : "forces in-place update";
  }
}

/** As if all executions of the old version ran. */
function updatesOf(was: GroupSpec | null, is: GroupSpec | null, change: GroupChange): GroupUpdates {
  const before = was?.count ?? 0;
  const after = is?.count ?? 0;
  const kept = Math.min(before, after);
  const destroy = before > after ? { destroy: before - after } : {};
  const canary = is?.update?.canary ?? 0;
  // Until the promotion everything else stays as it is.
  if (kept > 0 && change === "destructive" && canary > 0)
    return { canary, ...destroy, ignore: kept };
  return {
    ...(after > before ? { create: after - before } : {}),
    ...(kept > 0 && change === "destructive" ? { "create/destroy update": kept } : {}),
    ...destroy,
    ...(kept > 0 && change === "none" ? { ignore: kept } : {}),
    ...(kept > 0 && change === "inPlace" ? { "in-place update": kept } : {}),
  };
}
