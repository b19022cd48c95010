import { logFileBytes } from "../../model/group.ts";
import type { NodeNumber } from "../../model/id.ts";
import type { NodeFile } from "../../protocol/node/message.ts";
import { type FoundAllocation, groupRun } from "../views/allocation.ts";
import { taskRootDirectory } from "../views/url.ts";
import type { ServerContext } from "./context.ts";
import { askNode, nodeRefusal, READ_CHUNK_BYTES } from "./nodeFiles.ts";

/** A stream of a member: numbered files on its node, of which the oldest are dropped. */
export interface MemberLog {
  readonly node: NodeNumber;
  readonly folder: string;
  readonly prefix: string;
  /** Size of a full file; null: the version that the execution ran is not kept any more. */
  readonly fileBytes: number | null;
}

export interface LogFile {
  readonly number: number;
  readonly sizeBytes: number;
}

/** A byte of the log. */
export interface LogPlace {
  /** Number of its file. */
  readonly file: number;
  readonly offset: number;
}

export function memberLogOf(
  found: FoundAllocation,
  member: string,
  stream: "stdout" | "stderr",
): MemberLog {
  const { job, allocation, execution } = found;
  const [node] = execution.nodes;
  if (node === undefined) throw new Error("an execution without a node");
  const spec = groupRun(found)?.members.find(({ name }) => name === member);
  return {
    node,
    folder: `${taskRootDirectory(job.spec.id, allocation.id)}/alloc/logs`,
    prefix: `${member}.${stream}.`,
    fileBytes: spec === undefined ? null : logFileBytes(spec.logs),
  };
}

/** The files that are kept, the oldest first; none before the member has begun. */
export async function logFiles(context: ServerContext, log: MemberLog): Promise<LogFile[]> {
  const question = { kind: "list", path: log.folder, recursive: false } as const;
  const answer = await askNode(context, log.node, question);
  if (answer.kind === "error") {
    if (answer.code === "PathNotFound") return [];
    throw nodeRefusal(answer, log.folder);
  }
  return answer.files
    .flatMap((file) => {
      const number = numberOf(file, log);
      return number === null ? [] : [{ number, sizeBytes: file.sizeBytes }];
    })
    .sort((a, b) => a.number - b.number);
}

function numberOf({ path }: NodeFile, { prefix }: MemberLog): number | null {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const number = name.startsWith(prefix) ? name.slice(prefix.length) : "";
  return /^\d+$/.test(number) ? Number(number) : null;
}

/** Empty at the end of the file; null when there is no such file any more. */
export async function readLog(
  context: ServerContext,
  log: MemberLog,
  { file, offset }: LogPlace,
  maxBytes = READ_CHUNK_BYTES,
): Promise<Uint8Array | null> {
  const path = `${log.folder}/${log.prefix}${file}`;
  const question = { kind: "read", path, offset, maxBytes, waitMs: 0, follow: null } as const;
  const answer = await askNode(context, log.node, question);
  if (answer.kind === "bytes") return Buffer.from(answer.base64, "base64");
  if (answer.code === "PathNotFound") return null;
  throw nodeRefusal(answer, path);
}

const LINE_END = 10;

/** Where the last lines of these files begin; a line that has not ended counts. */
export async function lastLinesOf(
  context: ServerContext,
  log: MemberLog,
  files: readonly LogFile[],
  count: number,
): Promise<LogPlace> {
  const newest = files.at(-1);
  let begin: LogPlace = { file: newest?.number ?? 0, offset: newest?.sizeBytes ?? 0 };
  if (count === 0) return begin;
  let ends = 0;
  let isLastByte = true;
  for (const { number, sizeBytes } of files.toReversed()) {
    for (let end = sizeBytes; end > 0; ) {
      const offset = Math.max(end - READ_CHUNK_BYTES, 0);
      const bytes = await readLog(context, log, { file: number, offset }, end - offset);
      // Rotated away since it was listed.
      if (bytes === null) return begin;
      for (let at = bytes.byteLength - 1; at >= 0; at -= 1) {
        // The end of the last line begins no further one.
        if (bytes[at] === LINE_END && !isLastByte) ends += 1;
        isLastByte = false;
        if (ends === count) return { file: number, offset: offset + at + 1 };
      }
      begin = { file: number, offset };
      end = offset;
    }
  }
  return begin;
}
