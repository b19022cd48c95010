import type { JobOptions } from "../jobfile/readJob.ts";
import type { SimulationAnswer, SimulationWish } from "../model/simulation.ts";
import { ClosedPipe } from "./failure.ts";

/** Rules for jobs of groups that belong to the parts that run them. */
export type JobRules = Pick<JobOptions, "cronCheck" | "validators">;

/** Where output goes, as process.stdout. */
export interface Sink {
  write(chunk: string | Uint8Array, done?: (error?: Error | null) => void): boolean;
  readonly isTTY?: boolean;
}

/** The world around one run of the command line. */
export interface CliIo {
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Whether a person looks at stdout. */
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Aborted by Ctrl-C; absent: SIGINT of this process is heard. */
  readonly signal?: AbortSignal;
  /** A line that was typed where nobody sees it; null: the input has ended. Absent: of the process's own input. */
  readonly readSecret?: () => Promise<string | null>;
  /** Absent: the process's own. */
  readonly readStdin?: () => Promise<string>;
  /** Absent: the process's own. */
  readonly currentFolder?: string;
  /** Absent: such rules are the server's alone. */
  readonly loadJobRules?: () => Promise<JobRules>;
  /** Absent: this program can not simulate jobs. */
  readonly loadSimulator?: () => Promise<(wish: SimulationWish) => SimulationAnswer>;
  /** Another implementation of fetch, for tests. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** Resolves when the chunk has left the process. Throws ClosedPipe when nobody reads any more. */
export function writeTo(sink: Sink, chunk: string | Uint8Array): Promise<void> {
  if (chunk.length === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    sink.write(chunk, (error) => {
      if (error === undefined || error === null) resolve();
      else reject(isClosedPipe(error) ? new ClosedPipe("closed", { cause: error }) : error);
    });
  });
}

export function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, "code") === "EPIPE";
}
