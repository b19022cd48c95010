import type { NodeNumber } from "../../model/id.ts";
import type { NodeFile } from "../../protocol/node/message.ts";
import type { FoundAllocation } from "../views/allocation.ts";
import { isOver } from "../views/clientStatus.ts";
import { taskRootDirectory } from "../views/url.ts";
import type { ServerContext } from "./context.ts";
import { askNode, nodeRefusal, READ_CHUNK_BYTES } from "./nodeFiles.ts";
import { refuse } from "./refusal.ts";

/** The logs of a member lie on its node, as numbered files of which the oldest are dropped. */

type Stream = "stdout" | "stderr";

/** How long a follower waits before it looks for more, or for a further file. */
const WAIT_MS = 1_000;

/** What a member wrote, from the oldest file that is kept; `follow`: until its execution is over. */
export async function memberLog(
  context: ServerContext,
  found: FoundAllocation,
  member: string,
  stream: Stream,
  query: { readonly follow?: boolean | undefined },
  request: Request,
): Promise<Response> {
  checkMember(found, member);
  const [node] = found.execution.nodes;
  if (node === undefined) throw new Error("an execution without a node");
  const log: Log = { node, folder: logFolder(found), prefix: `${member}.${stream}.` };
  const first = await filesOf(context, log);
  const isFollowed = query.follow === true && !isOver(found.execution);
  if (first.length === 0 && !isFollowed) return new Response("", { headers: TEXT });
  if (isFollowed) context.keepOpen(request);
  const pieces = isFollowed ? followed(context, found, log) : written(context, log, first);
  return new Response(streamOf(pieces), { headers: TEXT });
}

const TEXT = { "content-type": "application/octet-stream" };

interface Log {
  readonly node: NodeNumber;
  readonly folder: string;
  readonly prefix: string;
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

function logFolder({ job, allocation }: FoundAllocation): string {
  return `${taskRootDirectory(job.spec.id, allocation.id)}/alloc/logs`;
}

function numberOf({ path }: NodeFile, { prefix }: Log): number | null {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const number = name.startsWith(prefix) ? name.slice(prefix.length) : "";
  return /^\d+$/.test(number) ? Number(number) : null;
}

/** Numbers of the files that are kept, rising; none before the member has begun. */
async function filesOf(context: ServerContext, log: Log): Promise<number[]> {
  const question = { kind: "list", path: log.folder, recursive: false } as const;
  const answer = await askNode(context, log.node, question);
  if (answer.kind === "error") {
    if (answer.code === "PathNotFound") return [];
    throw nodeRefusal(answer, log.folder);
  }
  return answer.files.flatMap((file) => numberOf(file, log) ?? []).sort((a, b) => a - b);
}

async function readAt(
  context: ServerContext,
  log: Log,
  number: number,
  offset: number,
  waitMs: number,
): Promise<Uint8Array | null> {
  const path = `${log.folder}/${log.prefix}${number}`;
  const answer = await askNode(context, log.node, {
    kind: "read",
    path,
    offset,
    maxBytes: READ_CHUNK_BYTES,
    waitMs,
    follow: null,
  });
  if (answer.kind === "error") return null;
  return Buffer.from(answer.base64, "base64");
}

async function* written(
  context: ServerContext,
  log: Log,
  numbers: readonly number[],
): AsyncGenerator<Uint8Array> {
  for (const number of numbers) {
    for (let offset = 0; ; ) {
      const bytes = await readAt(context, log, number, offset, 0);
      if (bytes === null || bytes.byteLength === 0) break;
      offset += bytes.byteLength;
      yield bytes;
    }
  }
}

/** Goes from file to file, and waits at the last one for more. */
async function* followed(
  context: ServerContext,
  found: FoundAllocation,
  log: Log,
): AsyncGenerator<Uint8Array> {
  let number: number | null = null;
  let offset = 0;
  for (;;) {
    const execution = await context.store.readExecution(found.execution.number);
    const isLast = execution === null || isOver(execution);
    const numbers = await filesOf(context, log);
    const from: number | null = number;
    const next: number | null =
      numbers.find((candidate) => from === null || candidate > from) ?? null;
    number ??= next;
    const bytes = number === null ? null : await readAt(context, log, number, offset, 0);
    if (bytes !== null && bytes.byteLength > 0) {
      offset += bytes.byteLength;
      yield bytes;
    } else if (next !== null && number !== null && next > number) {
      number = next;
      offset = 0;
    } else if (isLast) return;
    else await Bun.sleep(WAIT_MS / 4);
  }
}

function streamOf(pieces: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
}
