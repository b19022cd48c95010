import { second } from "../output/cell.ts";
import { printView } from "../output/view.ts";
import type { Session } from "../session.ts";

export type SystemViewOptions = Readonly<Record<string, never>>;

export async function run(session: Session, _options: SystemViewOptions): Promise<number> {
  const client = await session.client();
  const { url, source } = await session.address();
  const system = await client.system.get();
  const view = {
    fields: [
      ["URL", url],
      ["FOUND BY", source],
      ["VERSION", system.version],
      ["START AT", second(system.startTime)],
      ["TIME", second(system.time)],
      ["STORE", system.store],
      ["EPOCH", system.epoch],
      ["LAST EVENT", system.lastEvent],
      ["DEFAULT PROVIDER", system.defaultProvider],
    ],
  } as const;
  return await printView(session, view, system);
}
