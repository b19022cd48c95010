import { ApiError, ConnectionError, reasonOf } from "../client/apiError.ts";
import { CliError, ClosedPipe, EXIT } from "./failure.ts";
import { type CliIo, isClosedPipe, writeTo } from "./io.ts";
import type { Session } from "./session.ts";

interface Told {
  readonly message: string;
  readonly fix: string | undefined;
}

/** Says on stderr what went wrong and what to do about it; answers the exit code. */
export async function reportError(error: unknown, session: Session): Promise<number> {
  if (session.signal.aborted) return EXIT.interrupted;
  if (error instanceof ClosedPipe || isClosedPipe(error)) return EXIT.closedPipe;
  await tell(session.io, await toldOf(error, session));
  return EXIT.failed;
}

export async function tell(io: CliIo, { message, fix }: Told): Promise<void> {
  const lines = [`error: ${message}`, ...(fix === undefined ? [] : [`fix: ${fix}`])];
  await writeTo(io.stderr, `${lines.join("\n")}\n`);
}

async function toldOf(error: unknown, session: Session): Promise<Told> {
  if (error instanceof ApiError) return apiTold(error, session);
  if (error instanceof ConnectionError) return await connectionTold(error, session);
  if (error instanceof CliError) return { message: error.message, fix: error.fix };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { message: `unexpected: ${text}`, fix: undefined };
}

const FIRST_SERVER_ERROR = 500;

const COMMANDS: readonly (readonly [path: RegExp, command: string])[] = [
  [/GET \/api\/v1\/jobs\/([\w-]+)\/jobpreparationandrelease\w+/, "`stint job prep $1`"],
  [/GET \/api\/v1\/jobs\/([\w-]+)\/tasks/, "`stint jobtask list $1`"],
  [/GET \/api\/v1\/jobs\/([\w-]+)\/allocations/, "`stint job status $1`"],
  [/GET \/api\/v1\/jobs\/([\w-]+)/, "`stint job view $1`"],
  [/List the job's history/, "See `stint job history`"],
  [/GET \/api\/v1\/(job|node|pool)s/, "`stint $1 list`"],
  [/GET \/api\/v1\/executions\?live=true/, "`stint alloc list --live`"],
  [/GET \/api\/v1\/executions\/(\d+)/, "`stint alloc view $1`"],
  [/GET \/api\/v1\/definitions\/([\w.-]+)\/revisions/, "`stint task history $1`"],
  [/GET \/api\/v1\/definitions/, "`stint task list`"],
  [/GET \/api\/v1\/instances\/(\d+)\/nodes/, "`stint taskinstance listnode -in $1`"],
  [/GET \/api\/v1\/instances/, "`stint taskinstance list`"],
  [/GET \/api\/v1\/repository/, "`stint file list`"],
  [/GET \/api\/v1\/executions/, "`stint alloc list`"],
  [/GET \/api\/v1\/api-tokens/, "`stint system token`"],
  [/GET \/api\/v1\/audit/, "`stint audit list`"],
  [/GET \/api\/v1\/access-keys/, "`stint accesskey list`"],
  [/GET \/api\/v1\/join-tokens/, "`stint node jointoken`"],
  [/POST \/api\/v1\/jobs\/(\S+)\/tasks\/(\S+)\/reactivate/, "`stint jobtask retry $1 '$2'`"],
  [/\?follow\b/, "-f,--follow"],
  [/with `dead`: true/, "with -all-tasks"],
  // The engine's have neither: they speak to both.
  [/List the (job|node|pool)s for their ids/, "See the ids with `stint $1 list`"],
  [/list the (job|node|pool)s for their ids/, "see the ids with `stint $1 list`"],
];

/** The server's fixes speak of its paths; whoever works with commands is told the command. */
export function asCommands(fix: string): string {
  return COMMANDS.reduce((text, [path, command]) => text.replace(path, command), fix);
}

function apiTold({ message, code, fix, status, requestId }: ApiError, { login }: Session): Told {
  const isOurFault = status >= FIRST_SERVER_ERROR && requestId !== "";
  if (code === "AuthenticationFailed" && login !== null) {
    const again = `Log in again with \`stint user login -id ${login.userId}\``;
    return {
      message: `The login of ${login.userId} at ${login.url} is good no more. (${code})`,
      fix: `${again}, or forget it with \`stint user logout\`.`,
    };
  }
  const request = isOurFault ? `, request ${requestId}` : "";
  return { message: `${message} (${code}${request})`, fix: asCommands(fix) };
}

async function connectionTold(error: ConnectionError, session: Session): Promise<Told> {
  const { source } = await session.address();
  return {
    message: `No server answers at ${error.url}, which ${source} names: ${reasonOf(error.cause)}`,
    fix: "Start one here with `stint dev`, or name another with --server URL or STINT_SERVER.",
  };
}
