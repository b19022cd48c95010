import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface AccessKeyDeleteOptions {
  readonly id: string;
}

export async function run(session: Session, { id }: AccessKeyDeleteOptions): Promise<number> {
  const client = await session.client();
  const answer = await client.accessKeys.delete(id);
  return await printDone(session, `${id} has been deleted successfully.`, answer);
}
