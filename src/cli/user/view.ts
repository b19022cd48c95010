import { minute } from "../output/cell.ts";
import { printView } from "../output/view.ts";
import type { Session } from "../session.ts";

export interface UserViewOptions {
  readonly id: string;
}

export async function run(session: Session, { id }: UserViewOptions): Promise<number> {
  const client = await session.client();
  const user = await client.users.get(id);
  const view = {
    fields: [
      ["ID", user.id],
      ["NAME", user.name],
      ["EMAIL", user.email],
      ["PHONE", user.phone],
      ["ROLE", user.role],
      ["STATUS", user.status],
      ["DESCRIPTION", user.description],
      ["LAST LOGIN", minute(user.lastLoginTime)],
      ["CREATED AT", minute(user.creationTime)],
      ["CREATED BY", user.createdBy],
      ["UPDATED AT", minute(user.updateTime)],
      ["UPDATED BY", user.updatedBy],
    ],
  } as const;
  return await printView(session, view, user);
}
