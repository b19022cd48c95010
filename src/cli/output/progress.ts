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

const BAR_FORMAT =
  "[{bar}] {value}/{total} tasks, {running} running, {failed} failed, {duration_formatted}";
const CLEAR_LINE = "\r\u001b[2K";

async function startBar(io: CliIo): Promise<Progress> {
  const { SingleBar } = (await import("cli-progress")).default;
  const bar = new SingleBar({
    format: BAR_FORMAT,
    barCompleteChar: "=",
    barIncompleteChar: " ",
    barsize: Math.max(10, Math.min(40, io.columns - 60)),
    // The type asks for more of a stream than is used: writes, and whether it is a terminal.
    stream: io.stderr as unknown as NodeJS.WritableStream,
    gracefulExit: false,
    emptyOnZero: true,
  });
  let isStarted = false;
  return {
    update: async (counts) => {
      const { completed, running, failed } = counts;
      const total = sumOf(counts);
      if (!isStarted) bar.start(total, completed, { running, failed });
      isStarted = true;
      bar.setTotal(total);
      bar.update(completed, { running, failed });
    },
    note: (line) => writeTo(io.stderr, `${CLEAR_LINE}${line}\n`),
    stop: () => bar.stop(),
  };
}
