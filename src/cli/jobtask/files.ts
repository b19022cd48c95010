import { givenOf } from "../command/keyValue.ts";
import { printFiles } from "../output/fileList.ts";
import type { Session } from "../session.ts";

export interface TaskFilesOptions {
  readonly jobId: string;
  readonly id: string;
  readonly path: string | undefined;
  readonly recursive: boolean;
  readonly limit: number;
  readonly offset: number;
}

export async function run(session: Session, options: TaskFilesOptions): Promise<number> {
  const { jobId, id, path, recursive } = options;
  const client = await session.client();
  const files = await client.tasks.files(jobId, id, { recursive, ...givenOf({ path }) });
  return await printFiles(session, files, options);
}
