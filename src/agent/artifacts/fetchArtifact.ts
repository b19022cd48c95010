import { writeSync } from "node:fs";
import { recoverable, type StartFailure, unrecoverable } from "../drivers/driver.ts";
import { type ContentSink, type Download, ResourceError } from "../prepare/download.ts";
import type { ArtifactSource } from "./source.ts";

export interface FetchParts {
  readonly download: Download;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** As whom files of this machine are read; null: they are not. */
  readonly reader: { readonly uid: number | null; readonly gid: number | null } | null;
}

/** Without a byte for this long, a download is given up. */
const IDLE_MS = 60_000;

/** Writes the content into an empty file and compares its checksum. */
export async function fetchArtifact(
  source: ArtifactSource,
  file: number,
  parts: FetchParts,
): Promise<StartFailure | null> {
  const { checksum } = source;
  const hasher = checksum === null ? null : new Bun.CryptoHasher(checksum.algorithm);
  const name = nameOf(source);
  const take = async (chunk: Uint8Array) => {
    hasher?.update(chunk);
    for (let done = 0; done < chunk.length; ) done += writeSync(file, chunk, done);
  };
  const failure = await bring(source, name, take, parts);
  if (failure !== null || checksum === null || hasher === null) return failure;
  const given = hasher.digest("hex");
  if (given === checksum.hex) return null;
  return recoverable(
    `Artifact ${name}: expected ${checksum.algorithm} ${checksum.hex}, got content of ${given}.`,
  );
}

/** Without the query: it may hold secrets. */
function nameOf({ from }: ArtifactSource): string {
  if (from.kind !== "http") return from.path;
  const url = new URL(from.url);
  return `${url.origin}${url.pathname}`;
}

async function bring(
  { from }: ArtifactSource,
  name: string,
  take: ContentSink["take"],
  parts: FetchParts,
): Promise<StartFailure | null> {
  try {
    switch (from.kind) {
      case "http":
        return await bringHttp(from.url, name, take, parts);
      case "server":
        await parts.download(from, { begin: () => undefined, take }, parts.signal);
        return null;
      case "file":
        return await bringFile(from.path, take, parts);
    }
  } catch (error) {
    if (error instanceof ResourceError) return recoverable(error.message);
    const reason = error instanceof Error ? error.message : String(error);
    return recoverable(`Artifact ${name}: ${reason}.`);
  }
}

async function bringHttp(
  url: string,
  name: string,
  take: ContentSink["take"],
  { headers, signal }: FetchParts,
): Promise<StartFailure | null> {
  const idle = new AbortController();
  let timer = setTimeout(() => idle.abort(), IDLE_MS);
  try {
    const response = await fetch(url, {
      // The bytes as they are stored: a checksum is of these.
      headers: { "accept-encoding": "identity", ...headers },
      decompress: false,
      timeout: false,
      signal: AbortSignal.any([signal, idle.signal]),
    });
    if (!response.ok) return recoverable(`Artifact ${name}: status ${response.status}.`);
    let sizeBytes = 0;
    for await (const chunk of response.body ?? []) {
      clearTimeout(timer);
      await take(chunk);
      sizeBytes += chunk.length;
      timer = setTimeout(() => idle.abort(), IDLE_MS);
    }
    const announced = response.headers.get("content-length");
    if (announced === null || Number(announced) === sizeBytes) return null;
    return recoverable(`Artifact ${name}: expected ${announced} bytes, got ${sizeBytes}.`);
  } catch (error) {
    if (!idle.signal.aborted) throw error;
    return recoverable(`Artifact ${name}: nothing came for ${IDLE_MS / 1000} s.`);
  } finally {
    clearTimeout(timer);
  }
}

/** By a process of the member's user, so that a job cannot have what its user may not read. */
async function bringFile(
  path: string,
  take: ContentSink["take"],
  { reader, signal }: FetchParts,
): Promise<StartFailure | null> {
  if (reader === null) {
    return unrecoverable(
      `Artifact ${path}: a task that does not see the files of this node may not have them, as in a container or a root directory of its own; set docker.allowHostPaths in the configuration of the node, or fetch it by http.`,
    );
  }
  const { uid, gid } = reader;
  const child = Bun.spawn(["/bin/cat", "--", path], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { LANG: "C" },
    signal,
    ...(uid === null ? {} : { uid }),
    ...(gid === null ? {} : { gid }),
  });
  for await (const chunk of child.stdout) await take(chunk);
  const said = await new Response(child.stderr).text();
  if ((await child.exited) === 0) return null;
  return recoverable(
    `Artifact ${path}: ${said.trim().replace(/^.*?cat: /, "") || "not to be read"}.`,
  );
}
