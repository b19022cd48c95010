import { EXIT } from "../failure.ts";
import { printView } from "../output/view.ts";
import type { Session } from "../session.ts";

export type SystemHealthOptions = Readonly<Record<string, never>>;

export async function run(session: Session, _options: SystemHealthOptions): Promise<number> {
  const client = await session.client();
  const health = await client.system.health();
  const view = {
    fields: [
      ["STATUS", health.status],
      ["VERSION", health.version],
    ],
  } as const;
  await printView(session, view, health);
  return health.status === "ok" ? EXIT.ok : EXIT.failed;
}
