import { printBytes } from "../output/bytes.ts";
import { save } from "../output/download.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface AuditExportOptions {
  readonly after: number | undefined;
  readonly file: string | undefined;
  readonly overwrite: boolean;
}

export async function run(session: Session, options: AuditExportOptions): Promise<number> {
  const { after, file, overwrite } = options;
  const client = await session.client();
  if (file === undefined) return await printBytes(session, await client.audit.export(after));
  const sizeBytes = await save(file, overwrite, () => client.audit.export(after));
  return await printDone(session, file, { path: file, sizeBytes });
}
