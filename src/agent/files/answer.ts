import { closeSync, constants, fstatSync } from "node:fs";
import type { ExecutionNumber } from "../../model/id.ts";
import type { NodeAnswer, NodeQuestion } from "../../protocol/node/message.ts";
import { isInScriptFolder } from "../directories.ts";
import { listFiles } from "./list.ts";
import { errorAnswer, fileOf, pathRefused } from "./nodeFile.ts";
import { isRefusal, openEntry, type PathRefusal, splitPath, withDirectory } from "./open.ts";
import { readFollowed, readPlain } from "./read.ts";

export interface FileAnswers {
  readonly rootDirectory: string;
  /** Whether the execution may still write. */
  readonly isLive: (execution: ExecutionNumber) => boolean;
}

/** Between looks at a file that a follower waits for. */
const LOOK_AGAIN_MS = 20;
const LOOK_AGAIN_MAX_MS = 200;

/** Answers a question about the node's files; what tasks do to their tree at the same time leads nobody out of it. */
export async function answerQuestion(
  question: NodeQuestion,
  files: FileAnswers,
): Promise<NodeAnswer> {
  const names = splitPath(question.path);
  if (names !== null && isInScriptFolder(names)) {
    const message = `${question.path} is a script with its values, which the node shows to nobody.`;
    return errorAnswer({ refused: "PathRefused", message });
  }
  try {
    switch (question.kind) {
      case "list":
        return await listFiles(files.rootDirectory, question.path, question.recursive);
      case "stat":
        return statPath(files.rootDirectory, question.path);
      case "read":
        return await readWhenThere(question, files);
    }
  } catch (error) {
    return { kind: "error", code: "ReadFailed", message: String(error) };
  }
}

function statPath(root: string, path: string): NodeAnswer {
  const names = splitPath(path);
  if (names === null) return pathRefused(path);
  const stats = withOpen(root, names, (file) => fstatSync(file));
  if (isRefusal(stats)) return errorAnswer(stats);
  if (!stats.isFile() && !stats.isDirectory()) return notAFile(path);
  return { kind: "file", file: fileOf(names.join("/"), stats) };
}

function notAFile(path: string): NodeAnswer {
  return { kind: "error", code: "NotAFile", message: `${path} is neither file nor directory.` };
}

/** Opens the path, the root included, and closes it after `use`. */
function withOpen<Result>(
  root: string,
  names: readonly string[],
  use: (file: number) => Result,
): Result | PathRefusal {
  if (names.length === 0) return withDirectory(root, names, use);
  return withDirectory(root, names.slice(0, -1), (directory) => {
    const file = openEntry(directory, names, constants.O_RDONLY);
    if (isRefusal(file)) return file;
    try {
      return use(file);
    } finally {
      closeSync(file);
    }
  });
}

type ReadQuestion = Extract<NodeQuestion, { kind: "read" }>;

async function readWhenThere(question: ReadQuestion, files: FileAnswers): Promise<NodeAnswer> {
  const names = splitPath(question.path);
  if (names === null || names.length === 0) return pathRefused(question.path);
  const until = performance.now() + question.waitMs;
  for (let delayMs = LOOK_AGAIN_MS; ; delayMs = Math.min(delayMs * 1.5, LOOK_AGAIN_MAX_MS)) {
    // In this order: what is written between the two looks is seen by the second.
    const isLive = question.follow !== null && files.isLive(question.follow);
    const answer = readOnce(question, names, files.rootDirectory, isLive);
    const isWaiting =
      answer.kind === "bytes" ? answer.base64 === "" && !answer.final : isLive && isMissing(answer);
    if (!isWaiting || performance.now() >= until) return answer;
    await Bun.sleep(Math.min(delayMs, Math.max(until - performance.now(), 0)));
  }
}

function isMissing(answer: NodeAnswer): boolean {
  return answer.kind === "error" && answer.code === "PathNotFound";
}

function readOnce(
  question: ReadQuestion,
  names: readonly string[],
  root: string,
  isLive: boolean,
): NodeAnswer {
  const answer = withOpen(root, names, (file): NodeAnswer => {
    const stats = fstatSync(file);
    if (!stats.isFile()) return notAFile(question.path);
    if (question.follow === null) return readPlain(file, stats.size, question);
    return readFollowed(file, stats.size, question, isLive);
  });
  return isRefusal(answer) ? errorAnswer(answer) : answer;
}
