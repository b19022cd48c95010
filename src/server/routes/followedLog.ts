import type { FoundAllocation } from "../views/allocation.ts";
import { isOver } from "../views/clientStatus.ts";
import type { ServerContext } from "./context.ts";
import { LOOK_AGAIN_MS } from "./executionReading.ts";
import type { Piece } from "./followedOutput.ts";
import { type LogPlace, logFiles, type MemberLog, readLog } from "./memberLogFiles.ts";
import { outputUnavailable, reachable, whenAvailable } from "./outputSource.ts";

/** A log of which it is known which byte is in which file. */
export interface FollowedLog extends MemberLog {
  readonly fileBytes: number;
}

/** All that was said before a place, with what was rotated away. */
export function positionOf({ fileBytes }: FollowedLog, { file, offset }: LogPlace): number {
  return file * fileBytes + offset;
}

/** How far a follower has come. */
type Cursor = { -readonly [Field in keyof LogPlace]: LogPlace[Field] };

const NOTHING = new Uint8Array();

/**
 * What is said from a position on, until the execution is over; a line tells how much was rotated away before it could be
 * read. An offset counts all that the stream has said; the first piece, which is empty, tells where this begins. A node
 * that is away is waited for, of an execution that is over only so long as agents take to find a server that was started
 * again.
 */
export async function* followLog(
  context: ServerContext,
  found: FoundAllocation,
  log: FollowedLog,
  begin: number,
): AsyncGenerator<Piece> {
  const pieceTo = (bytes: Uint8Array, offset: number): Piece => ({
    bytes,
    end: { execution: found.execution.number, offset },
  });
  const cursor = { file: Math.floor(begin / log.fileBytes), offset: begin % log.fileBytes };
  let told = begin;
  yield pieceTo(NOTHING, told);
  while (true) {
    // In this order: what is said between the two looks is seen by the second.
    const execution = await context.store.readExecution(found.execution.number);
    if (execution === null) return;
    const isLast = isOver(execution);
    const bytes = isLast
      ? await fromNode(found, () => readOn(context, log, cursor))
      : ((await reachable(readOn(context, log, cursor))) ?? NOTHING);
    if (bytes.byteLength > 0) {
      const end = positionOf(log, cursor);
      const missedBytes = end - bytes.byteLength - told;
      if (missedBytes > 0) yield pieceTo(missedNote(missedBytes), told + missedBytes);
      yield pieceTo(bytes, end);
      told = end;
    } else if (isLast) return await checkRest(context, found, log, told);
    else await Bun.sleep(LOOK_AGAIN_MS);
  }
}

function missedNote(bytes: number): Uint8Array {
  return Buffer.from(`\n[stint: ${bytes} bytes were rotated away before they could be read]\n`);
}

/** The next bytes, from a further file if there is nothing more in this one; empty when there are none just now. */
async function readOn(
  context: ServerContext,
  log: FollowedLog,
  cursor: Cursor,
): Promise<Uint8Array> {
  while (true) {
    // In this order: a file behind which there is a further one has got its last byte.
    const files = await logFiles(context, log);
    const bytes = (await readLog(context, log, cursor)) ?? NOTHING;
    cursor.offset += bytes.byteLength;
    if (bytes.byteLength > 0) return bytes;
    const next = files.find(({ number }) => number > cursor.file);
    if (next === undefined) return bytes;
    cursor.file = next.number;
    cursor.offset = 0;
  }
}

/**
 * Of an execution that is over, for one who has read so much of its log. Throws TaskFilesUnavailable when its node stays
 * away or the log is gone, as nobody can say then that this was all.
 */
export async function checkRest(
  context: ServerContext,
  found: FoundAllocation,
  log: FollowedLog,
  position: number,
): Promise<void> {
  const files = await fromNode(found, () => logFiles(context, log));
  if (files.length === 0 && position > 0) throw unavailable(found);
}

async function fromNode<Answer>(
  found: FoundAllocation,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  return await whenAvailable(async () => {
    const answer = await reachable(ask());
    if (answer === null) throw unavailable(found);
    return answer;
  });
}

function unavailable({ allocation, execution }: FoundAllocation) {
  return outputUnavailable(`the allocation ${allocation.id}`, execution.nodeId);
}
