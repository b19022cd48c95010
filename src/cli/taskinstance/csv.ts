import { join } from "node:path";
import { save } from "../output/download.ts";
import { folderOf } from "../output/folder.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";

export interface InstanceCsvOptions {
  readonly instanceNo: number;
  readonly dirPath: string;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly overwrite: boolean;
}

export async function run(session: Session, options: InstanceCsvOptions): Promise<number> {
  const { instanceNo, dirPath, stdout, stderr, overwrite } = options;
  const path = join(await folderOf(session, dirPath), `taskinstance-${instanceNo}.csv`);
  const client = await session.client();
  const sizeBytes = await save(path, overwrite, () =>
    client.instances.csv(instanceNo, { stdout, stderr }),
  );
  return await printDone(session, path, { path, sizeBytes });
}
