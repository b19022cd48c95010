import type { TaskCounts } from "../../protocol/api/answer/job.ts";
import { type CliIo, writeTo } from "../io.ts";

type Counts = TaskCounts["taskCounts"];

/** Shows on stderr how far a job's tasks have come. */
export interface Progress {
  update(counts: Counts): Promise<void>;
  /** A line of its own, beside the figures. */
  note(line: string): Promise<void>;
  stop(): void;
}

/** A bar for a person, lines for a file. */
export async function startProgress(io: CliIo): Promise<Progress> {
  return io.isTerminal && io.stderr.isTTY === true ? await startBar(io) : startLines(io);
}

/** Often enough to see that it goes on, seldom enough for a log. */
const LINES_EVERY_MS = 5000;

function sumOf({ active, running, completed }: Counts): number {
  return active + running + completed;
}

function startLines(io: CliIo): Progress {
  let last = "";
  let lastAt = Number.NEGATIVE_INFINITY;
  const print = (line: string) => writeTo(io.stderr, `${line}\n`);
  return {
    update: async (counts) => {
      const { completed, running, failed } = counts;
      const total = sumOf(counts);
      const line = `${completed}/${total} tasks completed, ${running} running, ${failed} failed`;
      const isDue = completed === total || io.now() - lastAt >= LINES_EVERY_MS;
      if (line === last || !isDue) return;
      last = line;
      lastAt = io.now();
      await print(line);
    },
    note: print,
    stop: () => {},
  };
}

const BAR_FORMAT = "[{bar}] {value}/{total} tasks, {running} running, {failed} failed, {seconds} s";
const BAR_COLUMNS_MAX = 40;
const BAR_COLUMNS_MIN = 10;
const FIGURES_COLUMNS = 50;
const COLUMNS_DEFAULT = 80;
const SECOND_MS = 1000;

async function startBar(io: CliIo): Promise<Progress> {
  const { SingleBar } = (await import("cli-progress")).default;
  // Some terminals say that they have no columns at all.
  const room = (io.columns > 0 ? io.columns : COLUMNS_DEFAULT) - FIGURES_COLUMNS;
  const bar = new SingleBar({
    format: BAR_FORMAT,
    barCompleteChar: "=",
    barIncompleteChar: " ",
    barsize: Math.max(BAR_COLUMNS_MIN, Math.min(BAR_COLUMNS_MAX, room)),
    // The type asks for more of a stream than is used: writes, and whether it is a terminal.
    stream: io.stderr as unknown as NodeJS.WritableStream,
    gracefulExit: false,
    // Whatever follows, a line or the result, takes the place of the bar.
    clearOnComplete: true,
  });
  const startedAt = io.now();
  return {
    update: async (counts) => {
      const { completed, running, failed } = counts;
      const seconds = Math.floor((io.now() - startedAt) / SECOND_MS);
      const figures = { running, failed, seconds };
      if (bar.isActive) {
        bar.setTotal(sumOf(counts));
        bar.update(completed, figures);
      } else {
        bar.start(sumOf(counts), completed, figures);
      }
    },
    // The bar remembers the place where it began: it is taken away, and begins anew below the line.
    note: async (line) => {
      bar.stop();
      await writeTo(io.stderr, `${line}\n`);
    },
    stop: () => bar.stop(),
  };
}
