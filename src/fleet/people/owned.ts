import type { UserNumber } from "../../model/fleet/person.ts";
import type { Fleet } from "../state.ts";

/** Named in one sentence; the others are counted. */
const NAMED_MAX = 5;

/** What the user owns, for people: `task diskusage`, `node group web`. Nodes are not kept here. */
export function ownedBy(fleet: Fleet, user: UserNumber): string[] {
  const owned = [
    ...idsOf(fleet.definitions.values(), user, "task"),
    ...idsOf(fleet.nodeGroups.values(), user, "node group"),
    ...idsOf(fleet.userGroups.values(), user, "user group"),
  ];
  if (owned.length <= NAMED_MAX) return owned;
  return [...owned.slice(0, NAMED_MAX), `and ${owned.length - NAMED_MAX} more`];
}

function idsOf(
  objects: Iterable<{ readonly id: string; readonly owner: UserNumber }>,
  user: UserNumber,
  what: string,
): string[] {
  return [...objects].flatMap(({ id, owner }) => (owner === user ? [`${what} ${id}`] : []));
}
