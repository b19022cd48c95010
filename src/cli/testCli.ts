import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCli } from "./cli.ts";
import type { CliIo, Sink } from "./io.ts";

/** For tests: runs command lines against a server that is a table of answers. */

export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Headers;
  readonly body: unknown;
}

/** A value is answered as JSON, a response as it is; an error is thrown. */
export type FakeAnswer = unknown | ((request: FakeRequest) => unknown);

/** Answers by `METHOD /path`, the path below the API's base; what is not in the table is not found. */
export class FakeServer {
  readonly requests: FakeRequest[] = [];
  readonly #answers: Readonly<Record<string, FakeAnswer>>;

  constructor(answers: Readonly<Record<string, FakeAnswer>>) {
    this.#answers = answers;
  }

  readonly fetch = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const text = await request.text();
    const known: FakeRequest = {
      method: request.method,
      path: url.pathname.replace("/api/v1", ""),
      query: queryOf(url.searchParams),
      headers: request.headers,
      body: bodyOf(request, text),
    };
    this.requests.push(known);
    const found = this.#answers[`${known.method} ${known.path}`];
    const answer = typeof found === "function" ? await found(known) : found;
    if (answer instanceof Error) throw answer;
    if (answer instanceof Response) return answer;
    if (answer === undefined) return refusal(404, "ResourceNotFound", `nothing at ${known.path}`)();
    return Response.json(answer);
  };
}

/** A name that stands there several times has its values joined by commas. */
function queryOf(search: URLSearchParams): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...search.keys()].map((name) => [name, search.getAll(name).join(",")]),
  );
}

/** What is sent as bytes stays text. */
function bodyOf({ headers }: Request, text: string): unknown {
  if (text === "") return undefined;
  return headers.get("content-type") === "application/json" ? JSON.parse(text) : text;
}

export function refusal(status: number, code: string, message: string): () => Response {
  const error = { code, message, fix: "Mend it." };
  return () => Response.json({ error, requestId: "request-1" }, { status });
}

export class TextSink implements Sink {
  readonly isTTY: boolean;
  text = "";
  readonly #decoder = new TextDecoder();

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }

  write(chunk: string | Uint8Array, done?: (error?: Error | null) => void): boolean {
    this.text += typeof chunk === "string" ? chunk : this.#decoder.decode(chunk, { stream: true });
    done?.();
    return true;
  }
}

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const TEST_URL = "http://stint.test";
/** 2026-11-21 04:00:00 UTC. */
export const TEST_NOW = Date.UTC(2026, 10, 21, 4);

/** Runs one command line; `world` replaces parts of what is around it. */
export async function ran(
  words: readonly string[],
  server: FakeServer,
  world: Partial<CliIo> = {},
): Promise<Ran> {
  const stdout = new TextSink(world.isTerminal === true);
  const stderr = new TextSink(world.isTerminal === true);
  const exitCode = await runCli(words, {
    stdout,
    stderr,
    isTerminal: false,
    columns: 80,
    env: { STINT_SERVER: TEST_URL, STINT_TOKEN: "secret", HOME: "/nonexistent" },
    now: () => TEST_NOW,
    signal: new AbortController().signal,
    currentFolder: "/nonexistent",
    fetch: server.fetch,
    ...world,
  });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

/** A folder of its own for one test. */
export class TestFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "stint-cli-"));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
