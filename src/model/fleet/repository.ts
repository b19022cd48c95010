/** The temporary repository of files that people and scripts share (OPMATE 8). */

/** A file of it; folders are the paths of files. */
export interface RepositoryFile {
  /** Absolute from the repository's own root, as `/dir/file`. */
  readonly path: string;
  /** Where its content lies in the blob store; another for each upload. */
  readonly blobKey: string;
  readonly sizeBytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  /** For people, as `bumbee(user)` or `diskusage(task)`. */
  readonly uploadedBy: string;
  readonly createdAt: number;
  /** From then on it is not there any more. */
  readonly expiresAt: number;
}

/** What file systems take. */
const NAME_MAX_BYTES = 255;
const PATH_MAX_BYTES = 4_096;

/** What stands before a path of the repository, where local paths are possible too. */
const REMOTE = "master:";

export type RepositoryPath =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly expected: string };

/**
 * A path as the repository keeps it: `/` for the root, else `/dir/file` without a slash at the end. A path is a name and is
 * never resolved, so that `..`, an encoded one or a link cannot lead anywhere else: the first is refused, the others are
 * letters of a name.
 */
export function repositoryPath(text: string): RepositoryPath {
  if (!text.startsWith("/")) return { ok: false, expected: "a path that begins with /" };
  if (text === "/") return { ok: true, path: text };
  const path = text.endsWith("/") ? text.slice(0, -1) : text;
  const segments = path.slice(1).split("/");
  if (segments.some((segment) => segment === "." || segment === "..")) {
    return { ok: false, expected: 'a path without "." and ".."' };
  }
  if (segments.some((segment) => segment === "" || bytesOf(segment) > NAME_MAX_BYTES)) {
    return { ok: false, expected: `names of 1 to ${NAME_MAX_BYTES} bytes between its slashes` };
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\u0000-\u001f\u007f]/.test(path) || !path.isWellFormed()) {
    return { ok: false, expected: "a path without control characters" };
  }
  if (bytesOf(path) > PATH_MAX_BYTES) {
    return { ok: false, expected: `a path of at most ${PATH_MAX_BYTES} bytes` };
  }
  return { ok: true, path };
}

/** The path behind `master:`; what is wrong with it otherwise. */
export function remotePath(text: string): RepositoryPath {
  if (text.startsWith(REMOTE)) return repositoryPath(text.slice(REMOTE.length));
  return { ok: false, expected: "a path of the repository, as master:/dir/file" };
}

export function isRemotePath(text: string): boolean {
  return text.startsWith(REMOTE);
}

/** `/dir` and `file` of `/dir/file`; the root's own folder is "". */
export function splitRepositoryPath(path: string): {
  readonly folder: string;
  readonly name: string;
} {
  const at = path.lastIndexOf("/");
  return { folder: path.slice(0, at), name: path.slice(at + 1) };
}

/** The folders that the path lies in, the root left out. */
export function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let at = path.indexOf("/", 1); at > 0; at = path.indexOf("/", at + 1)) {
    folders.push(path.slice(0, at));
  }
  return folders;
}

const DAY_MS = 86_400_000;

/** Whole days that are left of it. */
export function validDays({ expiresAt }: Pick<RepositoryFile, "expiresAt">, now: number): number {
  return Math.max(0, Math.floor((expiresAt - now) / DAY_MS));
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
