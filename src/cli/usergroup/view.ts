import { minute } from "../output/cell.ts";
import { printView } from "../output/view.ts";
import type { Session } from "../session.ts";

export interface UserGroupViewOptions {
  readonly id: string;
}

export async function run(session: Session, { id }: UserGroupViewOptions): Promise<number> {
  const client = await session.client();
  const group = await client.userGroups.get(id);
  const view = {
    fields: [
      ["ID", group.id],
      ["OWNER", group.owner],
      ["DESCRIPTION", group.description],
      ["CREATED AT", minute(group.creationTime)],
      ["CREATED BY", group.createdBy],
      ["UPDATED AT", minute(group.updateTime)],
      ["UPDATED BY", group.updatedBy],
    ],
    sections: [{ name: "USERS", items: group.users.map((user) => `${user.name}(${user.id})`) }],
  } as const;
  return await printView(session, view, group);
}
