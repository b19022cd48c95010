import type { GroupSpec, GroupsSpec } from "./group.ts";

/** What a new version of a group means for the executions of the old one. */
export type GroupChange =
  | "none"
  /** They run on: only the server decides by what changed. */
  | "inPlace"
  /** Each is replaced: its process, its node or its place depends on what changed. */
  | "destructive";

/** Only the server looks at these fields of a group. */
type ServerSide =
  | "count"
  | "reschedule"
  | "update"
  | "migrate"
  | "disconnect"
  | "affinities"
  | "spreads";

function essence(groups: GroupsSpec, group: GroupSpec): string {
  const { count: _c, reschedule: _r, update: _u, migrate: _m, disconnect: _d, ...rest } = group;
  const { affinities: _a, spreads: _s, ...seen } = rest;
  const exact: Omit<GroupSpec, ServerSide> = seen;
  const { meta, datacenters, constraints, name } = groups;
  return JSON.stringify({ name, meta, datacenters, constraints, exact });
}

/** Whether executions of a group must be replaced for a new version; a change of the count alone is `inPlace`. */
export function groupChange(
  before: GroupsSpec,
  old: GroupSpec,
  now: GroupsSpec,
  group: GroupSpec,
): GroupChange {
  if (essence(before, old) !== essence(now, group)) return "destructive";
  const isSame =
    JSON.stringify([before.affinities, before.spreads, old]) ===
    JSON.stringify([now.affinities, now.spreads, group]);
  return isSame ? "none" : "inPlace";
}
