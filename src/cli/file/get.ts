import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { getFile, type Transfer } from "./transfer.ts";

export async function run(session: Session, options: Transfer): Promise<number> {
  const client = await session.client();
  return await printDone(session, "checksum success", await getFile(session, client, options));
}
