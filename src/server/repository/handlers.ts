import { denial, type Permission } from "../../model/fleet/permission.ts";
import {
  type RepositoryFile,
  repositoryPath,
  splitRepositoryPath,
  validDays,
} from "../../model/fleet/repository.ts";
import { matchesShellGlob } from "../../model/fleet/shellGlob.ts";
import { isoTime } from "../../model/time.ts";
import type { RepositoryItem } from "../../protocol/api/answer/repository.ts";
import type { REPOSITORY_ENDPOINTS } from "../../protocol/api/endpoint/repository.ts";
import { BlobStoreError } from "../../store/blobStore.ts";
import type { ScriptCaller } from "../access/fileTokens.ts";
import { rows } from "../fleet/rows.ts";
import { type ByteSource, chunksOf } from "../routes/byteStream.ts";
import type { HandlersOf } from "../routes/call.ts";
import type { Caller, ServerContext } from "../routes/context.ts";
import { bytesResponse } from "../routes/range.ts";
import { refuse } from "../routes/refusal.ts";

/** A person, or a script with the token of its execution. */
interface Asker {
  readonly caller: Caller | null;
  readonly script: ScriptCaller | null;
}

export function repositoryHandlers(
  context: ServerContext,
): HandlersOf<typeof REPOSITORY_ENDPOINTS> {
  const { repository } = context;
  return {
    "GET /repository": async ({ query, ...asker }) => {
      requireMay(asker, "listFiles");
      const items = await itemsOf(context, checkedPath(query.path ?? "/"));
      const { pattern } = query;
      const fits = items.filter(
        ({ name }) => pattern === undefined || matchesShellGlob(pattern, name),
      );
      return rows(fits, query, (item) => item);
    },
    "GET /repository/content": async ({ query, request, ...asker }) => {
      requireMay(asker, "transferFiles");
      return await contentResponse(context, checkedPath(query.path), request);
    },
    "PUT /repository/content": async ({ query, request, ...asker }) => {
      requireMay(asker, "transferFiles");
      const declared = request.headers.get("content-length");
      const file = await repository.put({
        path: filePath(checkedPath(query.path)),
        content: request.body ?? new Blob([]).stream(),
        sizeBytes: declared === null ? null : Number(declared),
        sha256: query.sha256?.toLowerCase() ?? null,
        overwrite: query.overwrite === true,
        uploadedBy: nameOf(asker),
        // Putting it away for good may take longer than a connection may be idle.
        onReceived: () => context.keepOpen(request),
      });
      const { sha256, sizeBytes } = file;
      if (asker.script === null) await context.audit.done({ sha256, sizeBytes });
      return fileItem(file, context.clock());
    },
  };
}

/** Scripts may do what operators may: their tasks were reviewed. */
const SCRIPT_LEVEL = 2;

function requireMay({ caller }: Asker, permission: Permission): void {
  const why = denial(permission, caller?.actor.level ?? SCRIPT_LEVEL, []);
  if (why === null) return;
  throw refuse("InsufficientPermissions", why, "Ask an administrator for another role.");
}

function nameOf({ caller, script }: Asker): string {
  if (script === null) return `${caller?.name ?? ""}(user)`;
  const { definitionId, instanceNo, nodeId } = script;
  return `${definitionId}(task) #${instanceNo} on ${nodeId}`;
}

/** As it is kept: without a slash at the end. */
function checkedPath(text: string): string {
  const path = repositoryPath(text);
  if (path.ok) return path.path;
  throw refuse(
    "PathRefused",
    `Expected ${path.expected} and got ${JSON.stringify(text)}.`,
    "Give the path from the repository's own root, as /dir/file.",
    { field: "path", expected: path.expected, given: text },
  );
}

function filePath(path: string): string {
  if (path !== "/") return path;
  throw refuse("PathRefused", "Expected the path of a file, got the root.", "Add a file name.", {
    field: "path",
    given: path,
  });
}

/** The folder's items, folders first; of a file itself it is the only one. */
async function itemsOf(context: ServerContext, path: string): Promise<RepositoryItem[]> {
  const { repository } = context;
  const now = context.clock();
  const { files, folders } = await repository.list(path);
  if (files.length + folders.length === 0 && path !== "/") {
    const file = await repository.read(path);
    if (file === null) throw notFound(path);
    return [fileItem(file, now)];
  }
  const base = path === "/" ? "" : path;
  const folderItems = folders.map(
    ({ name, newestAt }): RepositoryItem => ({
      name,
      path: `${base}/${name}`,
      type: "directory",
      sizeBytes: 0,
      createdTime: isoTime(newestAt),
      validDays: 0,
    }),
  );
  return [...folderItems, ...files.map((file) => fileItem(file, now))];
}

function fileItem(file: RepositoryFile, now: number): RepositoryItem {
  const { path, sizeBytes, createdAt, expiresAt, sha256, uploadedBy } = file;
  return {
    name: splitRepositoryPath(path).name,
    path,
    type: "file",
    sizeBytes,
    createdTime: isoTime(createdAt),
    validDays: validDays(file, now),
    expiryTime: isoTime(expiresAt),
    sha256,
    uploadedBy,
  };
}

/** A file that is replaced between two looks is looked up again. */
const ATTEMPTS = 3;

async function contentResponse(
  context: ServerContext,
  path: string,
  request: Request,
): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    const file = await context.repository.read(path);
    if (file === null) throw await noFile(context, path);
    try {
      const response = await bytesResponse(sourceOf(context, file), request);
      const digest = Buffer.from(file.sha256, "hex").toString("base64");
      // RFC 9530: of the whole, also where a range of it is answered.
      response.headers.set("repr-digest", `sha-256=:${digest}:`);
      return response;
    } catch (error) {
      const isDamaged = error instanceof Damaged || error instanceof BlobStoreError;
      if (!isDamaged) throw error;
      if (attempt === ATTEMPTS) throw damaged(path);
    }
  }
}

/** The content is not what was stored: somebody has changed it by hand, or it was just replaced. */
class Damaged extends Error {
  override readonly name = "Damaged";
}

function sourceOf({ blobs }: ServerContext, file: RepositoryFile): ByteSource {
  const { blobKey, sizeBytes, createdAt } = file;
  return {
    sizeBytes,
    modifiedAt: createdAt,
    async *read(offset, length) {
      if ((await blobs.size(blobKey)) !== sizeBytes) throw new Damaged(blobKey);
      const stream = await blobs.get(blobKey, { offset, length });
      if (stream === null) throw new Damaged(blobKey);
      yield* chunksOf(stream);
    },
  };
}

async function noFile(context: ServerContext, path: string) {
  const { files, folders } = await context.repository.list(path);
  if (path !== "/" && files.length + folders.length === 0) return notFound(path);
  return refuse(
    "PathRefused",
    `Expected a file and got the folder ${path}.`,
    "Name a file in it; one file is sent at a time.",
    { field: "path", given: path },
  );
}

function notFound(path: string) {
  return refuse(
    "FileNotFound",
    `There is no file ${path} in the repository, or it has expired.`,
    "See the files with GET /api/v1/repository.",
    { field: "path", given: path },
  );
}

function damaged(path: string) {
  return refuse(
    "FileDamaged",
    `The content of ${path} on the server is not what was uploaded.`,
    "Upload it again with overwrite.",
    { field: "path", given: path },
  );
}
