import { closeSync, mkdirSync, openSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { ArtifactSpec } from "../../model/group.ts";
import {
  isStartFailure,
  recoverable,
  type StartFailure,
  unrecoverable,
} from "../drivers/driver.ts";
import { codeOf } from "../files/open.ts";
import type { FileOwner } from "../files/writeBelow.ts";
import type { Download } from "../prepare/download.ts";
import { fetchArtifact } from "./fetchArtifact.ts";
import { placeBelow } from "./place.ts";
import { type ArtifactSource, readSource } from "./source.ts";
import { unpack } from "./unpack.ts";

export interface ArtifactParts {
  /** The allocation's folder, the agent's own; destinations are names below it. */
  readonly root: string;
  /** An empty directory of the agent's own on the same file system. */
  readonly staging: string;
  /** Null: the destination is not the member's to write into. */
  readonly namesOf: (destination: string) => readonly string[] | null;
  readonly owner: FileOwner;
  /** Whether files of this machine may be had, see FetchParts.reader. */
  readonly mayReadFiles: boolean;
  readonly download: Download;
  readonly signal: AbortSignal;
}

/** Brings the artifacts one after the other; null: all are there. */
export async function bringArtifacts(
  artifacts: readonly ArtifactSpec[],
  parts: ArtifactParts,
): Promise<StartFailure | null> {
  for (const artifact of artifacts) {
    const failure = await bringArtifact(artifact, parts);
    if (failure !== null) return failure;
  }
  return null;
}

async function bringArtifact(
  artifact: ArtifactSpec,
  parts: ArtifactParts,
): Promise<StartFailure | null> {
  const source = readSource(artifact);
  if (isStartFailure(source)) return source;
  if (artifact.mode === "dir" && source.archive === null) {
    return unrecoverable(
      `Expected an archive for an artifact of mode dir, got ${source.fileName}.`,
    );
  }
  const destination = destinationOf(artifact, source);
  const names = parts.namesOf(destination);
  if (names === null) {
    return unrecoverable(
      `Expected a destination below the task's directory or alloc, got ${JSON.stringify(artifact.destination)}.`,
    );
  }
  const directory = join(parts.staging, crypto.randomUUID());
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return await bringTo(names, artifact, source, directory, parts);
  } catch (error) {
    const isFull = codeOf(error) === "ENOSPC" || codeOf(error) === "EDQUOT";
    const text = `Artifact ${source.fileName}: ${isFull ? "the disk is full" : String(error)}.`;
    return isFull ? recoverable(text) : unrecoverable(text);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A plain file is put into the destination, unless the mode says that it is the file itself. */
function destinationOf({ destination, mode }: ArtifactSpec, source: ArtifactSource): string {
  if (source.archive !== null) return destination;
  const isName = mode === "file" && !destination.endsWith("/") && destination !== "";
  return isName ? destination : `${destination}/${source.fileName}`;
}

async function bringTo(
  names: readonly string[],
  { headers }: ArtifactSpec,
  source: ArtifactSource,
  directory: string,
  parts: ArtifactParts,
): Promise<StartFailure | null> {
  const { root, owner, signal, download, mayReadFiles } = parts;
  const path = join(directory, "content");
  const file = openSync(path, "wx", 0o644);
  try {
    const reader = mayReadFiles ? owner : null;
    const failure = await fetchArtifact(source, file, { download, headers, signal, reader });
    if (failure !== null) return failure;
  } finally {
    closeSync(file);
  }
  const tree = join(directory, "tree");
  if (source.archive !== null) {
    const failure = await unpack(path, source.archive, tree, signal);
    if (failure !== null) return failure;
  }
  const refusal = await placeBelow(root, names, source.archive === null ? path : tree, owner);
  return refusal === null ? null : unrecoverable(`Artifact ${source.fileName}: ${refusal.message}`);
}
