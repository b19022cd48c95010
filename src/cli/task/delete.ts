import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface TaskDeleteOptions {
  readonly id: string;
}

export async function run(session: Session, { id }: TaskDeleteOptions): Promise<number> {
  const client = await session.client();
  const answer = await client.definitions.delete(id);
  return await printDone(session, `${id} has been deleted successfully.`, answer);
}
