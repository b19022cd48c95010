import { type Refusal as FleetRefusal, isRefusal } from "../../fleet/reply.ts";
import type { Fleet } from "../../fleet/state.ts";
import type { UserNumber } from "../../model/fleet/person.ts";
import { Refusal } from "../routes/refusal.ts";

/** What a path names; throws what fleet operations say when there is no such thing. */
export function found<Item extends object>(item: Item | FleetRefusal): Item {
  if (isRefusal(item)) throw new Refusal(item.error);
  return item;
}

/** For the filter `owner`: whether something belongs to the user of this id; an unknown one owns nothing. */
export function ownedBy(
  { users }: Fleet,
  id: string | undefined,
): (owner: UserNumber | null | undefined) => boolean {
  if (id === undefined) return () => true;
  const user = users.find(id);
  return (owner) => user !== undefined && owner === user.number;
}
