import type { FoundAllocation } from "../views/allocation.ts";
import { isOver } from "../views/clientStatus.ts";
import type { ServerContext } from "./context.ts";
import { checkRest, followLog, positionOf } from "./followedLog.ts";
import { lastPlace, piecesResponse, unknownPlace, wantsEvents } from "./followedOutput.ts";
import {
  type LogFile,
  type LogPlace,
  lastLinesOf,
  logFiles,
  type MemberLog,
  memberLogOf,
  readLog,
} from "./memberLogFiles.ts";
import { OUTPUT_TYPE } from "./outputSource.ts";
import { begun, followResponse } from "./range.ts";
import { refuse } from "./refusal.ts";

interface LogQuery {
  readonly follow?: boolean | undefined;
  readonly lines?: number | undefined;
}

/** What a member wrote, from the oldest file that is kept or from its last lines; `follow`: until its execution is over. */
export async function memberLog(
  context: ServerContext,
  found: FoundAllocation,
  member: string,
  stream: "stdout" | "stderr",
  query: LogQuery,
  request: Request,
): Promise<Response> {
  checkMember(found, member);
  const log = memberLogOf(found, member, stream);
  if (query.follow !== true || (isOver(found.execution) && !wantsEvents(request))) {
    return await presentLog(context, log, query.lines, request);
  }
  context.keepOpen(request);
  const place = lastPlace(request);
  if (place !== null && place.execution !== found.execution.number) throw unknownPlace(place);
  const { fileBytes } = log;
  if (fileBytes === null) {
    // Nothing is added to it any more: the bytes alone will do.
    if (place === null) return await presentLog(context, log, query.lines, request);
    throw placesForgotten(found);
  }
  const followed = { ...log, fileBytes };
  // A refusal is to be one, rather than a stream that breaks.
  if (place !== null && isOver(found.execution))
    await checkRest(context, found, followed, place.offset);
  const begin =
    place?.offset ??
    positionOf(followed, await startOf(context, log, await logFiles(context, log), query.lines));
  return piecesResponse(() => followLog(context, found, followed, begin), request, OUTPUT_TYPE);
}

function checkMember({ allocation, job, task }: FoundAllocation, member: string): void {
  const names = allocation.state?.members.map((state) => state.member) ?? [];
  const group = job.spec.groups?.groups.find(({ name }) => name === task.spec.place?.group);
  const known = [...names, ...(group?.members.map(({ name }) => name) ?? [])];
  if (known.includes(member)) return;
  throw refuse(
    "PathNotFound",
    `Expected a member of ${task.id}, and got ${JSON.stringify(member)}.`,
    `Its members are ${[...new Set(known)].join(", ")}.`,
    { field: "member" },
  );
}

function placesForgotten({ job, allocation }: FoundAllocation) {
  return refuse(
    "TaskFilesUnavailable",
    `Version ${allocation.version} of job ${job.spec.id}, which says how the log is split into files, is not kept any more.`,
    "Read the log again from its beginning.",
  );
}

async function startOf(
  context: ServerContext,
  log: MemberLog,
  files: readonly LogFile[],
  lines: number | undefined,
): Promise<LogPlace> {
  if (lines !== undefined) return await lastLinesOf(context, log, files, lines);
  return { file: files[0]?.number ?? 0, offset: 0 };
}

/** What there is now. */
async function presentLog(
  context: ServerContext,
  log: MemberLog,
  lines: number | undefined,
  request: Request,
): Promise<Response> {
  const files = await logFiles(context, log);
  const start = await startOf(context, log, files, lines);
  const chunks = await begun(written(context, log, files, start));
  return followResponse(() => chunks, request, OUTPUT_TYPE);
}

async function* written(
  context: ServerContext,
  log: MemberLog,
  files: readonly LogFile[],
  start: LogPlace,
): AsyncGenerator<Uint8Array> {
  for (const { number } of files) {
    if (number < start.file) continue;
    for (let offset = number === start.file ? start.offset : 0; ; ) {
      const bytes = await readLog(context, log, { file: number, offset });
      if (bytes === null || bytes.byteLength === 0) break;
      offset += bytes.byteLength;
      yield bytes;
    }
  }
}
