import { denial } from "../../model/fleet/permission.ts";
import type { ScriptSource } from "../../model/fleet/run.ts";
import { scriptSourceOf } from "../../model/fleet/script.ts";
import { SCRIPT_MAX_BYTES } from "../../model/limits.ts";
import type { SCRIPT_ENDPOINTS } from "../../protocol/api/endpoint/scripts.ts";
import type { BlobStore } from "../../store/blobStore.ts";
import { readBytes } from "../routes/body.ts";
import type { HandlersOf } from "../routes/call.ts";
import type { Caller, ServerContext } from "../routes/context.ts";
import { blobSource } from "../routes/outputSource.ts";
import { bytesResponse } from "../routes/range.ts";
import { Refusal, refuse } from "../routes/refusal.ts";

/** Scripts lie in the blob store under their hash: what a revision names cannot change under it. */
const SCRIPT_PREFIX = "scripts/";
const SHA256 = /^[0-9a-f]{64}$/;

/** Where the script lies in the blob store; null: this is no hash. */
export function scriptKey(sha256: string): string | null {
  return SHA256.test(sha256) ? SCRIPT_PREFIX + sha256 : null;
}

/**
 * Stores a script, for good, before anything may name it. Throws ScriptRefused for one that no node could run as it is.
 */
export async function storeScript(
  blobs: BlobStore,
  name: string,
  content: Uint8Array,
): Promise<ScriptSource> {
  const sha256 = new Bun.CryptoHasher("sha256").update(content).digest("hex");
  const made = scriptSourceOf(name, Buffer.from(content).toString("latin1"), sha256);
  if (!made.ok) throw new Refusal(made.error);
  await blobs.put(SCRIPT_PREFIX + sha256, new Blob([new Uint8Array(content)]).stream());
  return made.source;
}

export function scriptHandlers(context: ServerContext): HandlersOf<typeof SCRIPT_ENDPOINTS> {
  return {
    "POST /scripts": async ({ query, caller, request }) => {
      checkMayStore(caller);
      const fix = "Put its data into files, and fetch them from the script.";
      const content = await readBytes(request, SCRIPT_MAX_BYTES, fix);
      const source = await storeScript(context.blobs, query.name, content);
      await context.audit.done({ sha256: source.sha256, sizeBytes: source.sizeBytes });
      return { ...source, words: [...source.words] };
    },
    "GET /scripts/{sha256}": async ({ parameters, request }) => {
      const key = scriptKey(parameters.sha256.toLowerCase());
      const source = key === null ? null : await blobSource(context, key);
      if (source !== null) return await bytesResponse(source, request);
      throw refuse(
        "ScriptNotFound",
        `There is no script of the SHA-256 ${parameters.sha256}.`,
        "Take the hash from a task definition, or upload the script with POST /api/v1/scripts.",
      );
    },
  };
}

function checkMayStore(caller: Caller | null): void {
  const why = caller === null ? null : denial("createDefinition", caller.actor.level, []);
  if (why === null) return;
  throw refuse("InsufficientPermissions", why, "Ask an administrator for another role.");
}

/** The script of a definition's body, which has to be there already. */
export async function scriptOf(
  context: ServerContext,
  { name, sha256 }: { readonly name: string; readonly sha256: string },
): Promise<ScriptSource> {
  const text = await readScript(context, sha256);
  if (text === null) {
    throw refuse(
      "ScriptNotFound",
      `There is no script of the SHA-256 ${sha256}.`,
      "Upload it first with POST /api/v1/scripts.",
      { field: "script.sha256" },
    );
  }
  const made = scriptSourceOf(name, text, sha256);
  if (!made.ok) throw new Refusal(made.error);
  return made.source;
}

/** One character for each byte; null: there is no such script. */
export async function readScript(context: ServerContext, sha256: string): Promise<string | null> {
  const key = scriptKey(sha256);
  const source = key === null ? null : await blobSource(context, key);
  if (source === null) return null;
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.read(0, source.sizeBytes)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("latin1");
}
