/** How a job, or a part of it, differs from what it was; the words are those of `nomad job plan`. */
export type DiffKind = "None" | "Added" | "Deleted" | "Edited";

export interface FieldDiff {
  readonly kind: Exclude<DiffKind, "None">;
  readonly name: string;
  /** "" where it was not. */
  readonly old: string;
  /** "" where it is no more. */
  readonly now: string;
  /** As `forces create`; null: none. */
  readonly annotation: string | null;
}

/** Only what differs is in it, sorted by name. */
export interface ObjectDiff {
  readonly kind: DiffKind;
  readonly name: string;
  readonly fields: readonly FieldDiff[];
  readonly objects: readonly ObjectDiff[];
}

export interface TaskDiff extends ObjectDiff {
  /** As `forces create/destroy update`; null: none. */
  readonly annotation: string | null;
}

/** What becomes of a group's executions. */
export type GroupUpdate =
  | "canary"
  | "create"
  | "create/destroy update"
  | "destroy"
  | "ignore"
  | "in-place update"
  | "migrate";

export type GroupUpdates = Readonly<Partial<Record<GroupUpdate, number>>>;

export interface GroupDiff extends ObjectDiff {
  readonly tasks: readonly TaskDiff[];
  readonly updates: GroupUpdates;
}

export interface JobDiff extends ObjectDiff {
  readonly groups: readonly GroupDiff[];
}

export function isChanged({ kind }: ObjectDiff): boolean {
  return kind !== "None";
}
