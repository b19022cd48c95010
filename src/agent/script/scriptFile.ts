import { chmodSync, closeSync, mkdirSync, openSync, readSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { FailureInfo } from "../../model/failure.ts";
import { interpreterOf } from "../../model/fleet/script.ts";
import type { StartOrder } from "../../model/order.ts";
import { SCRIPT_FOLDER, taskFolder } from "../directories.ts";
import { codeOf, isRefusal } from "../files/open.ts";
import { writeBelow } from "../files/writeBelow.ts";
import type { TaskUser } from "../platform/users.ts";
import { findProgram } from "../program.ts";
import type { FetchScript } from "./fetchScript.ts";
import { toolsDirectory } from "./fileTools.ts";
import { fillScript } from "./fillScript.ts";

/** Everybody may go through it to a name that they know. It is the agent's, so that nobody puts another file in place. */
const FOLDER_MODE = 0o711;
/** It may hold secrets. */
const FILE_MODE = 0o700;

/** An order to run a script. */
export type ScriptStart = StartOrder & Required<Pick<StartOrder, "script">>;

export function isScriptStart(order: StartOrder): order is ScriptStart {
  return order.script !== undefined;
}

export interface ScriptParts {
  readonly rootDirectory: string;
  readonly guid: string;
  readonly fetchScript: FetchScript;
}

/** Where the filled script lies, which `$0` shows. */
export function scriptPath(rootDirectory: string, { jobId, taskId, script }: ScriptStart): string {
  return join(rootDirectory, taskFolder(jobId, taskId), SCRIPT_FOLDER, script.script.name);
}

export interface BroughtScript {
  /** Until when it may be started on this node's clock; null: no bound. */
  readonly startBefore: number | null;
  /** The execution's; null: the server gives none. */
  readonly fileToken: string | null;
}

/** Fetches the script, fills it and writes it for its user; or says why it cannot be started. */
export async function bringScript(
  order: ScriptStart,
  user: TaskUser,
  { rootDirectory, guid, fetchScript }: ScriptParts,
  signal: AbortSignal,
): Promise<BroughtScript | FailureInfo> {
  const { execution, startBefore, nodeId, script: work } = order;
  const fetched = await fetchScript({ execution, startBefore, work }, signal);
  if (!fetched.ok) return fetched.failure;
  const { content, fileTokens } = fetched;
  const values = { guid, nodeId, work, fileTokens, rootDirectory };
  const filled = fillScript(content.toString("latin1"), values);
  if (!filled.ok) return notRunnable(filled.mistake);
  const mistake = mistakeInInterpreter(work.script.name, filled.script);
  if (mistake !== null) return notRunnable(mistake);
  const path = scriptPath(rootDirectory, order);
  const failure = await writeScript(path, Buffer.from(filled.script, "latin1"), user);
  const fileToken = fileTokens["FILE_TOKEN"] ?? null;
  return failure ?? { startBefore: fetched.startBefore, fileToken };
}

/** The server has looked at the script before it was filled, and has not seen this machine. */
function mistakeInInterpreter(name: string, script: string): string | null {
  const found = interpreterOf(name, script);
  if (!found.ok) return found.mistake;
  const { interpreter } = found;
  if (interpreter.by === "shell" || "path" in findProgram(interpreter.path, "", "/")) return null;
  return `${name}: its #! line names ${interpreter.path}, which is no program of this node. Install it, or name another.`;
}

async function writeScript(
  path: string,
  content: Uint8Array,
  user: TaskUser,
): Promise<FailureInfo | null> {
  const folder = dirname(path);
  const name = basename(path);
  try {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, FOLDER_MODE);
    const refused = await writeBelow(folder, [name], user, FILE_MODE, content);
    return isRefusal(refused) ? notWritten(name, refused.message) : null;
  } catch (error) {
    const code = codeOf(error);
    if (code !== "ENOSPC" && code !== "EDQUOT") return notWritten(name, String(error));
    const message = `The disk is full; script ${name} could not be written.`;
    return { category: "servererror", code: "DiskFull", message };
  }
}

/** What a script is started with: itself, or the shell where it has no `#!` line; then its arguments, as they are. */
export function scriptWords(path: string, order: ScriptStart): readonly string[] | FailureInfo {
  const words = order.script.arguments;
  if (words.some((word) => word.includes("\0"))) {
    return notRunnable(
      "Expected arguments without the character NUL, which no program can be given.",
    );
  }
  return beginsWithInterpreter(path) ? [path, ...words] : ["/bin/sh", path, ...words];
}

function beginsWithInterpreter(path: string): boolean {
  const file = openSync(path, "r");
  try {
    const mark = Buffer.alloc(2);
    readSync(file, mark);
    return mark.toString("latin1") === "#!";
  } finally {
    closeSync(file);
  }
}

interface ScriptSurroundings {
  readonly rootDirectory: string;
  readonly serverUrl: string;
  readonly guid: string;
  /** Null: nobody knows it any more, or the server gives none. */
  readonly fileToken: string | null;
}

/** The environment with what scripts have beyond every task. As in the script's own words, its task is the definition. */
export function withScriptVariables(
  environment: Readonly<Record<string, string>>,
  { script }: ScriptStart,
  { rootDirectory, serverUrl, guid, fileToken }: ScriptSurroundings,
): Record<string, string> {
  return {
    ...environment,
    PATH: `${toolsDirectory(rootDirectory)}:${environment["PATH"] ?? ""}`,
    STINT_TASK_ID: script.definitionId,
    STINT_TASK_INSTANCE_NO: String(script.instanceNo),
    STINT_AGENT_GUID: guid,
    STINT_SERVER_URL: serverUrl,
    ...(fileToken === null ? {} : { STINT_FILE_TOKEN: fileToken }),
  };
}

function notRunnable(message: string): FailureInfo {
  return { category: "usererror", code: "ScriptNotRunnable", message };
}

function notWritten(name: string, reason: string): FailureInfo {
  return {
    category: "servererror",
    code: "ResourceFileWriteFailed",
    message: `Script ${name} could not be written: ${reason}.`,
  };
}
