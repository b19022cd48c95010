import { basename } from "node:path";
import type { Client } from "../../client/client.ts";
import { CliError } from "../failure.ts";
import { localPath } from "../output/folder.ts";
import type { Session } from "../session.ts";

/** Uploads the file; answers the name and hash by which a task has it. Throws CliError when it cannot be read. */
export async function storeScript(session: Session, client: Client, path: string) {
  const bytes = await bytesOf(localPath(session, path), path);
  const { name, sha256 } = await client.scripts.store(basename(path), bytes);
  return { name, sha256 };
}

async function bytesOf(path: string, given: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Bun.file(path).bytes();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(
      `Expected a script that can be read as -sf,--scriptfile and got ${given}: ${reason}`,
      {
        fix: "Give the path of a script on this machine.",
        cause,
      },
    );
  }
}
