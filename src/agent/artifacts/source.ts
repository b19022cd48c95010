import type { ArtifactSpec } from "../../model/group.ts";
import { type StartFailure, unrecoverable } from "../drivers/driver.ts";

/** Where an artifact comes from, and what is done with it. */
export interface ArtifactSource {
  readonly from:
    | { readonly kind: "http"; readonly url: string }
    /** A file of the server's file store. */
    | { readonly kind: "server"; readonly path: string }
    /** A file of this machine. */
    | { readonly kind: "file"; readonly path: string };
  readonly fileName: string;
  /** Null: it is not unpacked. */
  readonly archive: ArchiveKind | null;
  readonly checksum: Checksum | null;
}

export type ArchiveKind = "tar" | "tar.gz" | "tar.bz2" | "tar.xz" | "zip";

export interface Checksum {
  readonly algorithm: "md5" | "sha1" | "sha256" | "sha512";
  readonly hex: string;
}

const ENDINGS: readonly (readonly [string, ArchiveKind])[] = [
  [".tar.gz", "tar.gz"],
  [".tgz", "tar.gz"],
  [".tar.bz2", "tar.bz2"],
  [".tbz2", "tar.bz2"],
  [".tar.xz", "tar.xz"],
  [".txz", "tar.xz"],
  [".tar", "tar"],
  [".zip", "zip"],
];

const HEX_LENGTHS = { md5: 32, sha1: 40, sha256: 64, sha512: 128 } as const;

/** Reads a source and its options, which may also stand in its query (`?checksum=...&archive=false`), as go-getter's do. */
export function readSource(artifact: ArtifactSpec): ArtifactSource | StartFailure {
  const forced = /^(git|hg|s3|gcs|bitbucket)::/.exec(artifact.source)?.[1];
  if (forced !== undefined || /^(git@|git:|ssh:)|\.git(?:$|[?/])/.test(artifact.source)) {
    return unrecoverable(
      `Artifacts are fetched by http, https, from the server's file store (server:PATH) or from a file, not by ${forced ?? "git"}: ${artifact.source}.`,
    );
  }
  const read = placeOf(artifact.source.replace(/^(?:https?|file)::/, ""));
  if (read === null) {
    return unrecoverable(
      `Expected an http or https address, server:PATH or an absolute path as source of an artifact, got ${JSON.stringify(artifact.source)}.`,
    );
  }
  const options = { ...read.options, ...artifact.options };
  const checksum = options["checksum"] === undefined ? null : readChecksum(options["checksum"]);
  if (checksum !== null && "isRecoverable" in checksum) return checksum;
  const fileName = read.pathname.slice(read.pathname.lastIndexOf("/") + 1);
  const archive = archiveOf(fileName, options["archive"], artifact.mode);
  if (typeof archive === "object" && archive !== null) return archive;
  return {
    from: read.from,
    fileName: options["filename"] ?? (fileName || "artifact"),
    archive,
    checksum,
  };
}

interface Place {
  readonly from: ArtifactSource["from"];
  readonly pathname: string;
  readonly options: Readonly<Record<string, string>>;
}

/** Options of its own that go-getter takes out of the query. */
const OPTIONS = ["checksum", "archive", "filename"];

function placeOf(source: string): Place | null {
  if (source.startsWith("server:")) {
    const path = source.slice("server:".length).replace(/^\/+/, "");
    return { from: { kind: "server", path }, pathname: path, options: {} };
  }
  if (source.startsWith("/")) {
    return { from: { kind: "file", path: source }, pathname: source, options: {} };
  }
  // Without a scheme it is a host with a path, which go-getter fetches by https.
  const isBare = /^[\w.-]+\.[a-z]{2,}(:\d+)?\//i.test(source);
  const url = URL.parse(isBare ? `https://${source}` : source);
  if (url === null) return null;
  const options: Record<string, string> = {};
  for (const name of OPTIONS) {
    const value = url.searchParams.get(name);
    if (value === null) continue;
    options[name] = value;
    url.searchParams.delete(name);
  }
  if (url.protocol === "file:") {
    const path = decodeURIComponent(url.pathname);
    return { from: { kind: "file", path }, pathname: path, options };
  }
  if (!/^https?:$/.test(url.protocol)) return null;
  const pathname = decodeURIComponent(url.pathname);
  return { from: { kind: "http", url: url.href }, pathname, options };
}

function readChecksum(text: string): Checksum | StartFailure {
  const [, name, digits] = /^(?:(md5|sha1|sha256|sha512):)?([0-9a-f]+)$/i.exec(text) ?? [];
  const hex = digits?.toLowerCase() ?? "";
  const algorithm = (["md5", "sha1", "sha256", "sha512"] as const).find(
    (each) =>
      HEX_LENGTHS[each] === hex.length && (name === undefined || name.toLowerCase() === each),
  );
  if (algorithm !== undefined) return { algorithm, hex };
  return unrecoverable(
    `Expected a checksum as sha256:HEX, md5:HEX, sha1:HEX or sha512:HEX, got ${JSON.stringify(text)}.`,
  );
}

function archiveOf(
  fileName: string,
  wish: string | undefined,
  mode: ArtifactSpec["mode"],
): ArchiveKind | null | StartFailure {
  if (mode === "file" || wish === "false") return null;
  const ending = wish === undefined || wish === "true" ? fileName.toLowerCase() : `.${wish}`;
  const found = ENDINGS.find(([end]) => ending.endsWith(end))?.[1] ?? null;
  if (found === null && wish !== undefined && wish !== "true") {
    return unrecoverable(
      `Expected archive to be tar, tar.gz, tgz or zip, got ${JSON.stringify(wish)}.`,
    );
  }
  return found;
}
