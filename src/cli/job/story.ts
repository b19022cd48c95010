import type { GroupsStatus, VersionStory } from "../../protocol/api/answer/group.ts";
import { boxText, second } from "../output/cell.ts";
import type { Field } from "../output/view.ts";

/** How a version came about, and who let its canaries go on; nothing of one that was registered and needed nobody. */
export function storyFields({ reverted, promotions }: VersionStory): Field[] {
  return [
    ...(reverted === undefined ? [] : [["Reverted", reversionText(reverted)] as const]),
    ...(promotions.length === 0
      ? []
      : [["Promoted", promotions.map(promotionText).join("; ")] as const]),
  ];
}

type Reversion = NonNullable<GroupsStatus["reverted"]>;

/** `to version N, from version M by WHO`, with what `auto_revert` blames. */
export function reversionText({ from, to, failure, ...by }: Reversion): string {
  const who = actor(by, "auto_revert");
  const why = failure === undefined ? "" : `: ${failure.message}`;
  return `to version ${to}, from version ${from} by ${who}${why}`;
}

function promotionText({ groups, time, ...by }: VersionStory["promotions"][number]): string {
  return `${groups.join(", ")} by ${actor(by, "auto_promote")} at ${boxText(second(time))}`;
}

function actor({ user }: { readonly user?: string | undefined }, policy: string): string {
  return user ?? policy;
}
