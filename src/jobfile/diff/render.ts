import type { DiffKind, FieldDiff, GroupDiff, JobDiff, ObjectDiff, TaskDiff } from "./diff.ts";

/** What a line says, for colours: which are the caller's. */
export interface DiffLine {
  readonly kind: DiffKind;
  readonly text: string;
}

const MARKERS: Readonly<Record<DiffKind, string>> = {
  None: "",
  Added: "+ ",
  Deleted: "- ",
  Edited: "+/- ",
};

const STEP = 2;

/** The lines of `nomad job plan`. `isVerbose`: parts that are new or gone are shown with all that is in them. */
export function renderDiff(diff: JobDiff, isVerbose: boolean): readonly DiffLine[] {
  const isWhole = diff.kind === "Edited" || isVerbose;
  const marks = longestMarker([...diff.fields, ...diff.objects, ...diff.groups]);
  return [
    { kind: diff.kind, text: `${MARKERS[diff.kind]}Job: ${quoted(diff.name)}` },
    ...(isWhole ? partLines(diff, 0, marks) : []),
    ...diff.groups.flatMap((group) => groupLines(group, marks, isVerbose)),
  ];
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function longestMarker(diffs: readonly { readonly kind: DiffKind }[]): number {
  return Math.max(0, ...diffs.map(({ kind }) => MARKERS[kind].length));
}

function spaces(count: number): string {
  return " ".repeat(Math.max(0, count));
}

/** A marker, and as much space behind it as the widest beside it needs. */
function marked(kind: DiffKind, marks: number): string {
  return MARKERS[kind].padEnd(marks);
}

function groupLines(group: GroupDiff, marks: number, isVerbose: boolean): DiffLine[] {
  const updates = Object.entries(group.updates).map(([name, count]) => `${count} ${name}`);
  const suffix = updates.length === 0 ? "" : ` (${updates.sort(byName).join(", ")})`;
  const head = `${marked(group.kind, marks)}Task Group: ${quoted(group.name)}${suffix}`;
  const inner = longestMarker([...group.fields, ...group.objects, ...group.tasks]);
  const isWhole = group.kind === "Edited" || isVerbose;
  return [
    { kind: group.kind, text: head },
    ...(isWhole ? partLines(group, STEP, inner) : []),
    ...group.tasks.flatMap((task) => taskLines(task, inner, isVerbose)),
  ];
}

function byName(a: string, b: string): number {
  const nameOf = (text: string) => text.slice(text.indexOf(" "));
  return nameOf(a) < nameOf(b) ? -1 : 1;
}

function taskLines(task: TaskDiff, marks: number, isVerbose: boolean): DiffLine[] {
  const suffix = task.annotation === null ? "" : ` (${task.annotation})`;
  const head = `${spaces(STEP)}${marked(task.kind, marks)}Task: ${quoted(task.name)}${suffix}`;
  const isWhole = task.kind === "Edited" || (isVerbose && task.kind !== "None");
  const inner = longestMarker([...task.fields, ...task.objects]);
  return [{ kind: task.kind, text: head }, ...(isWhole ? partLines(task, 2 * STEP, inner) : [])];
}

function partLines(part: Pick<ObjectDiff, "fields" | "objects">, indent: number, marks: number) {
  const widest = Math.max(0, ...part.fields.map(({ name }) => name.length));
  return [
    ...part.fields.map((field) => fieldLine(field, indent, marks, widest)),
    ...part.objects.flatMap((object) => objectLines(object, indent, marks)),
  ];
}

function fieldLine(field: FieldDiff, indent: number, marks: number, widest: number): DiffLine {
  const name = `${field.name}:`.padEnd(widest + 1);
  const suffix = field.annotation === null ? "" : ` (${field.annotation})`;
  const text = `${spaces(indent)}${marked(field.kind, marks)}${name} ${valuesOf(field)}${suffix}`;
  return { kind: field.kind, text };
}

function valuesOf({ kind, old, now }: FieldDiff): string {
  switch (kind) {
    case "Added":
      return quoted(now);
    case "Deleted":
      return quoted(old);
    case "Edited":
      return `${quoted(old)} => ${quoted(now)}`;
  }
}

function objectLines(object: ObjectDiff, indent: number, marks: number): DiffLine[] {
  const { kind, name } = object;
  const inner = longestMarker([...object.fields, ...object.objects]);
  const deeper = indent + marks - MARKERS[kind].length + STEP;
  return [
    { kind, text: `${spaces(indent)}${marked(kind, marks)}${name} {` },
    ...partLines(object, deeper, inner),
    { kind, text: `${spaces(indent + marks)}}` },
  ];
}
