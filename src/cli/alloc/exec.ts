import type { Client } from "../../client/client.ts";
import { exitCodeOfEnd } from "../../protocol/node/exec.ts";
import { CliError, EXIT, UsageError } from "../failure.ts";
import { writeTo } from "../io.ts";
import { checkedAllocationId } from "../output/shortId.ts";
import { tell } from "../report.ts";
import type { Session } from "../session.ts";
import { EscapeFilter } from "../terminal/escape.ts";
import {
  hasTerminal,
  makeRaw,
  onTerminalResize,
  stdinBytes,
  terminalSize,
} from "../terminal/localTerminal.ts";
import { readAhead } from "../terminal/readAhead.ts";
import { ExecStream } from "./execStream.ts";

export interface AllocExecOptions {
  readonly interactive: boolean | undefined;
  readonly tty: boolean | undefined;
  readonly escape: string;
  readonly task: string | undefined;
  readonly member: string | undefined;
  /** Empty: the job is the first of the words, as Nomad has it. */
  readonly job: string | undefined;
  readonly group: string | undefined;
  readonly number: number | undefined;
  /** The allocation or job, unless it is named otherwise, and the command. */
  readonly words: readonly string[];
}

/** Runs a command inside an allocation; answers the command's exit code. */
export async function run(session: Session, options: AllocExecOptions): Promise<number> {
  const hasStdin = options.interactive ?? true;
  const isTerminal = wantsTerminal(options, hasStdin);
  const escapeCharacter = escapeOf(options.escape);
  const member = memberOf(options);
  const [place, command] = placeOf(options);
  const client = await session.client();
  const number = await executionOf(client, place, member);
  const { sessionId } = await client.executions.exec(number, {
    command: [...command],
    stdin: hasStdin,
    ...(member === undefined ? {} : { member }),
    ...(isTerminal ? { terminal: { ...terminalSize(), ...terminalType(session) } } : {}),
  });
  const isMistaken = place.by === "job" && ALLOCATION_ID.test(command[0] ?? "");
  return await talk(session, {
    sessionId,
    hasStdin,
    isTerminal,
    escapeCharacter,
    fixes: isMistaken ? { ...FIXES, CommandNotFound: NO_ALLOCATION } : FIXES,
  });
}

function terminalType({ io }: Session) {
  const type = io.env["TERM"];
  return type === undefined || type === "" ? {} : { type };
}

function wantsTerminal({ tty }: AllocExecOptions, hasStdin: boolean): boolean {
  if (tty === true && !hasStdin) {
    throw new UsageError("Expected -t together with -i and got -i=false: a terminal is typed at.");
  }
  if (tty === true && !hasTerminal()) {
    throw new CliError("Expected a terminal for -t, and stdin or stdout is none.", {
      fix: "Run it from a terminal, or with -t=false.",
    });
  }
  return tty ?? (hasStdin && hasTerminal());
}

/** Null: nothing is an escape. */
function escapeOf(given: string): string | null {
  if (given === "none") return null;
  if (/^[\x21-\x7e]$/.test(given)) return given;
  throw new UsageError(
    `Expected one character or none as -e,--escape and got ${JSON.stringify(given)}.`,
  );
}

function memberOf({ task, member }: AllocExecOptions): string | undefined {
  if (task === undefined || member === undefined || task === member) return task ?? member;
  throw new UsageError(
    `Expected one of -task and -member, which mean the same, and got both, "${task}" and "${member}".`,
  );
}

type Place =
  | { readonly by: "id"; readonly id: string }
  | { readonly by: "number"; readonly number: number }
  | { readonly by: "job"; readonly job: string; readonly group: string | undefined };

const NUMBER = /^\d{1,7}$/;
const ALLOCATION_ID = /^[0-9a-f]{8}(-[0-9a-f-]*)?$/;

/** Where, and what. */
function placeOf({ job, group, number, words }: AllocExecOptions): [Place, readonly string[]] {
  if (job !== undefined && number !== undefined) {
    throw new UsageError("Expected one of -job and -number and got both.");
  }
  if (group !== undefined && job === undefined) {
    throw new UsageError("Expected -group together with -job and got it alone.");
  }
  const isNamed = (job !== undefined && job !== "") || number !== undefined;
  const [first = "", ...rest] = words;
  const given = isNamed ? words : rest;
  // As people know it from docker and ssh.
  const command = given[0] === "--" ? given.slice(1) : given;
  if (!isNamed && first === "") {
    const place = job === undefined ? "an allocation" : "a job";
    throw new UsageError(`Expected ${place} and a command and got nothing.`);
  }
  if (command.length === 0) throw new UsageError("Expected a command to run and got none.");
  if (job !== undefined) return [{ by: "job", job: isNamed ? job : first, group }, command];
  if (number !== undefined) return [{ by: "number", number }, command];
  if (NUMBER.test(first)) return [{ by: "number", number: Number(first) }, command];
  return [{ by: "id", id: checkedAllocationId(first) }, command];
}

/** The number of the execution. Throws CliError when none of the job's runs. */
async function executionOf(
  client: Client,
  place: Place,
  member: string | undefined,
): Promise<number> {
  switch (place.by) {
    case "number":
      return place.number;
    case "id":
      return (await client.groups.allocation(place.id)).execution;
    case "job": {
      const { job, group } = place;
      const newest =
        member === undefined && group === undefined
          ? await newestOf(client, job)
          : await newestWith(client, job, group, member);
      if (newest !== null) return newest;
      const where = group === undefined ? job : `group ${group} of ${job}`;
      const what = member === undefined ? "that runs" : `in which ${member} runs`;
      throw new CliError(`Expected an execution of ${where} ${what} and found none.`, {
        fix: `See how it is with \`stint job status ${job}\`.`,
      });
    }
  }
}

/** Null: none runs. */
async function newestOf(client: Client, jobId: string): Promise<number | null> {
  const query = { jobId, live: true, order: "desc" } as const;
  for await (const { number, state } of client.executions.all(query)) {
    if (state === "running") return number;
  }
  return null;
}

/** Of the group, in which the task runs, as far as they are given; null: there is none. */
async function newestWith(
  client: Client,
  jobId: string,
  wanted: string | undefined,
  task: string | undefined,
): Promise<number | null> {
  const { items } = await client.groups.allocations(jobId);
  const inGroup = items.filter(({ group }) => wanted === undefined || group === wanted);
  // Of one that is pending a hook may run.
  const live = inGroup.filter(
    ({ status }) => status === "running" || (status === "pending" && task !== undefined),
  );
  for (const { id, execution } of live.toSorted((one, other) => other.execution - one.execution)) {
    if (task === undefined) return execution;
    const { members } = await client.groups.allocation(id);
    const isRunning = members.some(({ name, state }) => name === task && state === "running");
    if (isRunning) return execution;
  }
  return null;
}

interface Talk {
  readonly sessionId: string;
  readonly hasStdin: boolean;
  readonly isTerminal: boolean;
  readonly escapeCharacter: string | null;
  /** What to do, by the code of a failure. */
  readonly fixes: Readonly<Record<string, string>>;
}

/** Of what is typed before the command takes it, so that the escape behind it is seen. */
const TYPED_MAX_BYTES = 1024 * 1024;

async function talk(session: Session, options: Talk): Promise<number> {
  const { hasStdin, isTerminal } = options;
  const { url, token } = await session.address();
  const restore = isTerminal ? makeRaw() : () => undefined;
  const escaped = new AbortController();
  const hasStarted = (): boolean => stream?.isStarted ?? false;
  let stream: ExecStream | null = null;
  let stopResizing = (): void => undefined;
  try {
    const opened = new ExecStream({
      url,
      token,
      sessionId: options.sessionId,
      input: hasStdin ? inputOf(options, hasStarted, escaped) : null,
      write: (name, bytes) =>
        writeTo(name === "stdout" ? session.io.stdout : session.io.stderr, bytes),
      signal: AbortSignal.any([session.signal, escaped.signal]),
    });
    stream = opened;
    if (isTerminal) stopResizing = onTerminalResize((size) => opened.resize(size));
    const end = await opened.ended;
    restore();
    if (end.state === "failed") {
      await tell(session.io, {
        message: `${end.message} (${end.code})`,
        fix: options.fixes[end.code],
      });
    }
    return exitCodeOfEnd(end);
  } catch (error) {
    restore();
    const shortcoming = stream?.shortcoming ?? null;
    if (shortcoming !== null) await session.note(`\nThe command may run on. ${shortcoming}`);
    if (!escaped.signal.aborted) throw error;
    await session.note("\nThe session was closed.");
    return EXIT.interrupted;
  } finally {
    stopResizing();
    restore();
    stream?.close();
  }
}

function inputOf(
  { isTerminal, escapeCharacter }: Talk,
  hasStarted: () => boolean,
  escaped: AbortController,
): AsyncIterable<Uint8Array> {
  const typed = stdinBytes();
  if (!isTerminal) return typed;
  const filter = new EscapeFilter(escapeCharacter);
  return readAhead(unescaped(typed, filter, hasStarted, escaped), TYPED_MAX_BYTES);
}

const CONTROL_C = 3;

async function* unescaped(
  typed: AsyncIterable<Uint8Array>,
  filter: EscapeFilter,
  hasStarted: () => boolean,
  escaped: AbortController,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of typed) {
    const { bytes, isClosed } = filter.take(chunk);
    // Nothing is there yet that could be interrupted but this.
    if (isClosed || (!hasStarted() && bytes.includes(CONTROL_C))) {
      escaped.abort();
      return;
    }
    if (bytes.byteLength > 0) yield bytes;
  }
}

const FIXES: Readonly<Record<string, string>> = {
  CommandNotFound: "Name a program that is there, by its path if need be.",
  TaskNotRunning: "See what runs with `stint job status JOB` or `stint alloc list --live`.",
  TooManySessions: "End one of them, or wait until one has ended.",
  ContainerEngineAway:
    "Start Docker or Podman on the node, or wait until it answers, and try again.",
  NodeNotReachable: "See with `stint node list` whether the node is connected, and try again.",
};
const NO_ALLOCATION =
  "With -job all words behind the job are the command: name the job or the allocation, not both.";
