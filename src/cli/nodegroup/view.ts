import { minute } from "../output/cell.ts";
import { printView } from "../output/view.ts";
import type { Session } from "../session.ts";

export interface NodeGroupViewOptions {
  readonly id: string;
}

export async function run(session: Session, { id }: NodeGroupViewOptions): Promise<number> {
  const client = await session.client();
  const group = await client.nodeGroups.get(id);
  const attributes = Object.entries(group.attributes).map(([key, value]) => `${key}=${value}`);
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
    sections: [
      { name: "NODES", items: group.nodes.map((node) => node.id), isClose: true },
      { name: "ATTRIBUTES", items: attributes },
    ],
  } as const;
  return await printView(session, view, group);
}
