import type { NodeNumber } from "../../model/id.ts";
import { isoTime } from "../../model/time.ts";
import type { FileList } from "../../protocol/api/answer/file.ts";
import type { NodeAnswer, NodeFile, NodeQuestion } from "../../protocol/node/message.ts";
import { nodeFileUrl } from "../views/url.ts";
import type { ByteSource } from "./byteStream.ts";
import { NodeUnreachable, type ServerContext } from "./context.ts";
import { bytesResponse } from "./range.ts";
import { type Refusal, refuse } from "./refusal.ts";

/** Bytes of one question to a node; the answer travels as base64 in one frame. */
export const READ_CHUNK_BYTES = 256 * 1024;

/** A folder of a node that a route gives access to. */
export interface NodeTree {
  readonly node: { readonly number: NodeNumber; readonly id: string };
  /** Relative to the node's root; empty for the root itself. */
  readonly root: string;
}

/**
 * The path below the tree's root, relative to the node's. Throws PathRefused for one that would leave it; links that
 * leave it are refused by the node.
 */
export function pathWithin(root: string, path: string): string {
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (path.startsWith("/") || path.includes("\0") || segments.includes("..")) {
    throw refuse(
      "PathRefused",
      `Expected a path below the folder, and got ${JSON.stringify(path)}.`,
      "Give the path relative to the folder, without '..'.",
      { field: "path", given: path },
    );
  }
  return [root, ...segments].filter((segment) => segment !== "").join("/");
}

type AnswerOfKind<Kind extends NodeAnswer["kind"]> = Extract<NodeAnswer, { kind: Kind }>;
type NodeRefusal = AnswerOfKind<"error">;

const ANSWERS = { list: "files", stat: "file", read: "bytes" } as const;
type AnswerTo<Question extends NodeQuestion> = AnswerOfKind<(typeof ANSWERS)[Question["kind"]]>;

/** The node's answer, or its refusal as a value. */
export async function askNode<Question extends NodeQuestion>(
  context: ServerContext,
  node: NodeNumber,
  question: Question,
): Promise<AnswerTo<Question> | NodeRefusal> {
  const answer = await context.nodeFiles.ask(node, question);
  if (answer.kind === "error") return answer;
  const expected = ANSWERS[question.kind];
  if (answer.kind !== expected) {
    throw new NodeUnreachable(`The node answered ${answer.kind} to a question of ${expected}.`);
  }
  return answer as AnswerTo<Question>;
}

const SEE_FILES = "See what is there with the list of files.";

export function nodeRefusal(refusal: NodeRefusal, path: string): Refusal {
  switch (refusal.code) {
    case "PathNotFound":
      return refuse("FileNotFound", `There is no file ${path}.`, SEE_FILES);
    case "PathRefused":
      return refuse("PathRefused", refusal.message, "Only files below the folder are served.");
    case "NotAFile":
      return refuse("PathNotFound", `${path} is no regular file.`, SEE_FILES);
    case "ReadFailed":
      return refuse("TaskFilesUnavailable", refusal.message, "Try again, or look at the node.");
  }
}

interface ListQuery {
  readonly recursive?: boolean | undefined;
  readonly path?: string | undefined;
}

export async function listNodeFiles(
  context: ServerContext,
  tree: NodeTree,
  query: ListQuery,
): Promise<FileList> {
  const path = pathWithin(tree.root, query.path ?? "");
  const recursive = query.recursive ?? false;
  const answer = await askNode(context, tree.node.number, { kind: "list", path, recursive });
  if (answer.kind === "error") throw nodeRefusal(answer, query.path ?? "");
  const skipped = tree.root === "" ? 0 : tree.root.length + 1;
  const items = answer.files.map((file) => fileView(tree, file, skipped));
  return { items, truncated: answer.truncated };
}

function fileView(tree: NodeTree, file: NodeFile, skipped: number): FileList["items"][number] {
  return {
    path: file.path.slice(skipped),
    url: nodeFileUrl(tree.node.id, file.path),
    isDirectory: file.isDirectory,
    sizeBytes: file.sizeBytes,
    lastModified: isoTime(file.modifiedAt),
  };
}

/** The bytes of a file; of a folder what is in it, as listNodeFiles has it. */
export async function readNodeFile(
  context: ServerContext,
  tree: NodeTree,
  path: string,
  request: Request,
): Promise<Response> {
  const place = pathWithin(tree.root, path);
  const answer = await askNode(context, tree.node.number, { kind: "stat", path: place });
  if (answer.kind === "error") throw nodeRefusal(answer, place);
  if (answer.file.isDirectory) return Response.json(await listNodeFiles(context, tree, { path }));
  return await bytesResponse(sourceOf(context, tree.node.number, place, answer.file), request);
}

/** A file as it is now: what is added later is not part of it. */
export async function nodeFileSource(
  context: ServerContext,
  node: NodeNumber,
  path: string,
): Promise<ByteSource | Refusal> {
  const answer = await askNode(context, node, { kind: "stat", path });
  if (answer.kind === "error") return nodeRefusal(answer, path);
  if (answer.file.isDirectory) return refuse("PathNotFound", `${path} is a folder.`, SEE_FILES);
  return sourceOf(context, node, path, answer.file);
}

function sourceOf(
  context: ServerContext,
  node: NodeNumber,
  path: string,
  { sizeBytes, modifiedAt }: NodeFile,
): ByteSource {
  const read = (offset: number, length: number) => nodeBytes(context, node, path, offset, length);
  return { sizeBytes, modifiedAt, read };
}

export function becameShorter(path: string): Refusal {
  const message = `${path} became shorter while it was read.`;
  return refuse("TaskFilesUnavailable", message, "Read it again.");
}

/** Exactly so many bytes; throws when the file has become shorter, so that nothing is cut in silence. */
export async function* nodeBytes(
  context: ServerContext,
  node: NodeNumber,
  path: string,
  start: number,
  length: number,
): AsyncGenerator<Uint8Array> {
  const end = start + length;
  let offset = start;
  while (offset < end) {
    const maxBytes = Math.min(READ_CHUNK_BYTES, end - offset);
    const question = { kind: "read", path, offset, maxBytes, waitMs: 0, follow: null } as const;
    const answer = await askNode(context, node, question);
    if (answer.kind === "error") throw nodeRefusal(answer, path);
    const bytes = Buffer.from(answer.base64, "base64");
    if (bytes.byteLength === 0) throw becameShorter(path);
    offset += bytes.byteLength;
    yield bytes;
  }
}
