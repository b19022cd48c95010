import { givenOf } from "../command/keyValue.ts";
import { printFiles } from "../output/fileList.ts";
import type { Session } from "../session.ts";

export interface NodeFilesOptions {
  readonly id: string;
  readonly path: string | undefined;
  readonly recursive: boolean;
  readonly limit: number;
  readonly offset: number;
}

export async function run(session: Session, options: NodeFilesOptions): Promise<number> {
  const { id, path, recursive } = options;
  const client = await session.client();
  const files = await client.nodes.files(id, { recursive, ...givenOf({ path }) });
  return await printFiles(session, files, options);
}
