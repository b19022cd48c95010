import { connectionNotes, printBytes } from "../output/bytes.ts";
import type { Session } from "../session.ts";

export interface AllocLogOptions {
  readonly number: number;
  readonly follow: boolean;
  readonly stderr: boolean;
}

export async function run(session: Session, options: AllocLogOptions): Promise<number> {
  const { number, follow, stderr } = options;
  const { executions } = await session.client();
  const read = stderr ? executions.stderr : executions.stdout;
  const output = { follow, signal: session.signal, ...connectionNotes(session) };
  return await printBytes(session, await read(number, output));
}
