import type { ExecutionResult, OutputInfo, ProcessOutcome, ProcessRecord } from "./execution.ts";

/** Times that are known beside the result, which mostly repeats them. */
export interface Span {
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

/**
 * A result as it is stored and sent. What goes without saying is left out: of most results little more than the exit
 * code remains, of 480 bytes of JSON 60.
 */
export interface CompactResult {
  readonly outcome: ProcessOutcome;
  /** As in the span. */
  readonly startedAt?: number | null;
  /** As in the span. */
  readonly endedAt?: number;
  /** One, with nothing of its own. */
  readonly processes?: readonly CompactProcess[];
  /** Nothing was written. */
  readonly stdout?: OutputInfo;
  readonly stderr?: OutputInfo;
}

/** Without what is as in the result, `main`, a number that is its place, and figures that are not known. */
interface CompactProcess {
  readonly member?: string;
  readonly number?: number;
  readonly outcome?: ProcessOutcome;
  readonly startedAt?: number | null;
  readonly endedAt?: number;
  readonly peakMemoryBytes?: number;
  readonly cpuMs?: number;
}

const MEMBER = "main";
const EMPTY: OutputInfo = { sizeBytes: 0, droppedBytes: 0, place: { kind: "empty" } };

export function compactResult(result: ExecutionResult, span: Span): CompactResult {
  const { outcome, startedAt, endedAt } = result;
  const processes = result.processes.map((record, index) => processOf(record, index + 1, result));
  const isPlain = processes.length === 1 && Object.keys(processes[0] ?? {}).length === 0;
  return {
    outcome,
    ...(startedAt === span.startedAt ? {} : { startedAt }),
    ...(endedAt === span.endedAt ? {} : { endedAt }),
    ...(isPlain ? {} : { processes }),
    ...(isEmpty(result.stdout) ? {} : { stdout: result.stdout }),
    ...(isEmpty(result.stderr) ? {} : { stderr: result.stderr }),
  };
}

/** The result again. `span` is what `compactResult` was given. */
export function wholeResult(compact: CompactResult, span: Span): ExecutionResult {
  const { outcome, startedAt = span.startedAt, endedAt = span.endedAt ?? 0 } = compact;
  const { processes = [{}], stdout = EMPTY, stderr = EMPTY } = compact;
  const whole = processes.map((process, index) => ({
    member: MEMBER,
    number: index + 1,
    outcome,
    startedAt,
    endedAt,
    peakMemoryBytes: null,
    cpuMs: null,
    ...process,
  }));
  return { processes: whole, outcome, startedAt, endedAt, stdout, stderr };
}

function processOf(record: ProcessRecord, number: number, result: ExecutionResult): CompactProcess {
  return {
    ...(record.member === MEMBER ? {} : { member: record.member }),
    ...(record.number === number ? {} : { number: record.number }),
    ...(isSame(record.outcome, result.outcome) ? {} : { outcome: record.outcome }),
    ...(record.startedAt === result.startedAt ? {} : { startedAt: record.startedAt }),
    ...(record.endedAt === result.endedAt ? {} : { endedAt: record.endedAt }),
    ...(record.peakMemoryBytes === null ? {} : { peakMemoryBytes: record.peakMemoryBytes }),
    ...(record.cpuMs === null ? {} : { cpuMs: record.cpuMs }),
  };
}

function isSame(one: ProcessOutcome, other: ProcessOutcome): boolean {
  if (one.state === "exited" && other.state === "exited") return one.exitCode === other.exitCode;
  return one.state === other.state && JSON.stringify(one) === JSON.stringify(other);
}

function isEmpty({ sizeBytes, droppedBytes, place }: OutputInfo): boolean {
  return place.kind === "empty" && sizeBytes === 0 && droppedBytes === 0;
}
