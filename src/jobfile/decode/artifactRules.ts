import type { ReadBlock } from "../read/block.ts";
import type { Reading } from "../read/reading.ts";
import type { ARTIFACT } from "../schema/members.ts";
import type { Range } from "../tree.ts";

type ArtifactBlock = ReadBlock<typeof ARTIFACT.attributes>;

const OPTIONS: readonly string[] = ["checksum", "archive", "filename"];
const ARCHIVES: readonly string[] = "true false tar tar.gz tgz tar.bz2 tbz2 tar.xz txz zip".split(
  " ",
);
const HEX_LENGTHS: ReadonlyMap<string, number> = new Map([
  ["md5", 32],
  ["sha1", 40],
  ["sha256", 64],
  ["sha512", 128],
]);

/** What the node would refuse or not look at when it fetches the artifact, told where it is written. */
export function artifactIssues(block: ArtifactBlock, reading: Reading): void {
  if (!reading.refuses) return;
  const { source = "", options = {} } = block.written;
  sourceIssue(source, block, reading);
  for (const [name, value] of queryOptions(source)) {
    optionIssue(name, value, block.rangeOf("source"), reading);
  }
  for (const [name, value] of Object.entries(options)) {
    if (value !== "") optionIssue(name, value, block.rangeOf("options"), reading);
  }
}

/** Only the node knows what it will be. */
const isReference = (text: string) => text.includes("${");

function sourceIssue(source: string, block: ArtifactBlock, reading: Reading): void {
  if (source === "" || isReference(source) || isFetched(source)) return;
  const message = `Expected an http or https address, server:PATH or an absolute path as source and got "${source}".`;
  const fix = "Put the file on a web server, or into the server's file store.";
  reading.error("artifact_source_not_supported", block.rangeOf("source"), message, fix);
}

/** The node's own rules: http, https, file, `server:PATH`, a path, or a host with a path; go-getter's others are not. */
function isFetched(source: string): boolean {
  if (/^(git@|git:|ssh:)|\.git(?:$|[?/])/.test(source)) return false;
  const plain = source.replace(/^(?:https?|file)::/, "");
  if (plain.startsWith("server:") || plain.startsWith("/")) return true;
  const isBare = /^[\w.-]+\.[a-z]{2,}(:\d+)?\//i.test(plain);
  const url = URL.parse(isBare ? `https://${plain}` : plain);
  return url !== null && /^(?:https?|file):$/.test(url.protocol);
}

/** Options may stand in the query of an address too; the rest of the query is the web server's. */
function queryOptions(source: string): readonly (readonly [string, string])[] {
  const at = source.indexOf("?");
  if (at < 0 || source.startsWith("server:") || source.startsWith("/")) return [];
  const query = new URLSearchParams(source.slice(at + 1));
  return [...query].filter(([name]) => OPTIONS.includes(name));
}

function optionIssue(name: string, value: string, range: Range, reading: Reading): void {
  if (!OPTIONS.includes(name)) {
    const message = `Expected ${OPTIONS.join(", ")} as options of an artifact and got "${name}".`;
    reading.error("artifact_option_not_supported", range, message, "Remove it.");
  } else if (isReference(value)) return;
  else if (name === "archive" && !ARCHIVES.includes(value)) {
    const message = `Expected archive to be one of ${ARCHIVES.join(", ")} and got "${value}".`;
    reading.error("artifact_archive_invalid", range, message);
  } else if (name === "checksum" && !isChecksum(value)) {
    const message = `Expected checksum to be sha256:HEX, sha512:HEX, sha1:HEX or md5:HEX of full length and got "${value}".`;
    reading.error("artifact_checksum_invalid", range, message);
  }
}

/** As the node reads it, an algorithm that is not written is known by the length. */
function isChecksum(text: string): boolean {
  const [, name, digits = ""] = /^(?:(\w+):)?([0-9a-f]+)$/i.exec(text) ?? [];
  if (name !== undefined) return HEX_LENGTHS.get(name.toLowerCase()) === digits.length;
  return [...HEX_LENGTHS.values()].includes(digits.length);
}
