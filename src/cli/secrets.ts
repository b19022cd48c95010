import { StringDecoder } from "node:string_decoder";
import { CliError } from "./failure.ts";
import { type CliIo, writeTo } from "./io.ts";

/** What keys of a terminal send that is not echoed. */
const KEY = {
  interrupt: "\u0003",
  endOfInput: "\u0004",
  backspace: "\b",
  delete: "\u007f",
  clear: "\u0015",
} as const;
const LINE_ENDS: ReadonlySet<string> = new Set(["\r", "\n", KEY.endOfInput]);

/**
 * Asks on stderr and reads a line that nobody is to see: from the terminal without echo, else a line of stdin each time,
 * for scripts. Throws CliError when there is none.
 */
export async function askSecret(io: CliIo, prompt: string): Promise<string> {
  const secret = await (io.readSecret === undefined ? ofProcess(io, prompt) : ofIo(io, prompt));
  await writeTo(io.stderr, "\n");
  if (secret !== null && secret !== "") return secret;
  throw new CliError("Expected a password and got nothing.", {
    fix: "Type it when it is asked for, or give it as a line on standard input.",
  });
}

/** Throws CliError when the two that are typed differ. */
export async function askNewPassword(io: CliIo): Promise<string> {
  const password = await askSecret(io, "Enter password: ");
  const again = await askSecret(io, "Confirm password: ");
  if (again === password) return password;
  throw new CliError("Expected the same password twice and got two different ones.", {
    fix: "Run it again; nothing was sent.",
  });
}

// Of the process: what was typed ahead is for the next question.
const decoder = new StringDecoder("utf8");
let typed = "";
let hasEnded = false;

async function ofIo({ stderr, readSecret }: CliIo, prompt: string): Promise<string | null> {
  await writeTo(stderr, prompt);
  return (await readSecret?.()) ?? null;
}

/** A line of the process's own input, without its end; null: there is none any more. */
async function ofProcess({ stderr }: CliIo, prompt: string): Promise<string | null> {
  const { stdin } = process;
  if (!stdin.isTTY) {
    await writeTo(stderr, prompt);
    return await readThrough(plainLine);
  }
  // Before the prompt: whoever answers it at once is not to see it on the screen.
  stdin.setRawMode(true);
  try {
    await writeTo(stderr, prompt);
    return await readThrough(typedLine);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    stdin.setRawMode(false);
    // As Ctrl-C outside of raw mode does; whoever hears it ends the command.
    process.kill(process.pid, "SIGINT");
    return await new Promise<never>(() => {});
  } finally {
    stdin.setRawMode(false);
  }
}

/** Ctrl-C was typed. */
class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Takes a line off the front of what came in; undefined: it is not whole yet. */
type TakeLine = () => string | null | undefined;

async function readThrough(take: TakeLine): Promise<string | null> {
  const { stdin } = process;
  for (;;) {
    const line = take();
    if (line !== undefined) return line;
    if (hasEnded) return typed === "" ? null : takeUpTo(typed.length, 0);
    const { promise, resolve } = Promise.withResolvers<void>();
    const onData = (chunk: Buffer): void => {
      typed += decoder.write(chunk);
      resolve();
    };
    const onEnd = (): void => {
      hasEnded = true;
      resolve();
    };
    stdin.once("data", onData).once("end", onEnd).resume();
    await promise;
    stdin.pause().off("data", onData).off("end", onEnd);
  }
}

function takeUpTo(length: number, endLength: number): string {
  const line = typed.slice(0, length);
  typed = typed.slice(length + endLength);
  return line;
}

const plainLine: TakeLine = () => {
  const end = typed.indexOf("\n");
  return end < 0 ? undefined : takeUpTo(end, 1).replace(/\r$/, "");
};

/** In raw mode the keys that correct a line are ours to see to. */
const typedLine: TakeLine = () => {
  const interrupted = typed.indexOf(KEY.interrupt);
  const end = typed.split("").findIndex((key) => LINE_ENDS.has(key));
  if (interrupted >= 0 && (end < 0 || interrupted < end)) {
    typed = "";
    throw new Interrupted();
  }
  if (end < 0) return undefined;
  const isOver = typed[end] === KEY.endOfInput;
  const line = corrected(takeUpTo(end, 1));
  return isOver && line === "" ? null : line;
};

function corrected(keys: string): string {
  const kept: string[] = [];
  for (const key of keys) {
    if (key === KEY.backspace || key === KEY.delete) kept.pop();
    else if (key === KEY.clear) kept.length = 0;
    else kept.push(key);
  }
  return kept.join("");
}
