import type { AllocationState } from "./allocation.ts";
import type { ExecutionResult, OutputInfo, ProcessOutcome, ProcessRecord } from "./execution.ts";

/** Times that are known beside the result, which mostly repeats them. */
export interface Span {
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

/**
 * A result as it is stored and sent. What goes without saying is left out: of most results little more than the exit
 * code remains, of 398 bytes of JSON 43.
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
  readonly allocation?: AllocationState;
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

type Mutable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

/** Field by field, as this is done for every task that ends: objects that are spread into another cost four times as much. */
export function compactResult(result: ExecutionResult, span: Span): CompactResult {
  const { outcome, startedAt, endedAt, stdout, stderr } = result;
  const compact: Mutable<CompactResult> = { outcome };
  if (startedAt !== span.startedAt) compact.startedAt = startedAt;
  if (endedAt !== span.endedAt) compact.endedAt = endedAt;
  if (!isPlain(result)) {
    compact.processes = result.processes.map((record, index) =>
      compactProcess(record, index + 1, result),
    );
  }
  if (!isEmpty(stdout)) compact.stdout = stdout;
  if (!isEmpty(stderr)) compact.stderr = stderr;
  if (result.allocation !== undefined) compact.allocation = result.allocation;
  return compact;
}

function isPlain(result: ExecutionResult): boolean {
  const [only] = result.processes;
  return (
    only !== undefined &&
    result.processes.length === 1 &&
    only.member === MEMBER &&
    only.number === 1 &&
    only.startedAt === result.startedAt &&
    only.endedAt === result.endedAt &&
    only.peakMemoryBytes === null &&
    only.cpuMs === null &&
    isSame(only.outcome, result.outcome)
  );
}

function compactProcess(
  record: ProcessRecord,
  number: number,
  result: ExecutionResult,
): CompactProcess {
  const compact: Mutable<CompactProcess> = {};
  if (record.member !== MEMBER) compact.member = record.member;
  if (record.number !== number) compact.number = record.number;
  if (!isSame(record.outcome, result.outcome)) compact.outcome = record.outcome;
  if (record.startedAt !== result.startedAt) compact.startedAt = record.startedAt;
  if (record.endedAt !== result.endedAt) compact.endedAt = record.endedAt;
  if (record.peakMemoryBytes !== null) compact.peakMemoryBytes = record.peakMemoryBytes;
  if (record.cpuMs !== null) compact.cpuMs = record.cpuMs;
  return compact;
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
  const result = { processes: whole, outcome, startedAt, endedAt, stdout, stderr };
  const { allocation } = compact;
  return allocation === undefined ? result : { ...result, allocation };
}

function isSame(one: ProcessOutcome, other: ProcessOutcome): boolean {
  if (one.state === "exited" && other.state === "exited") return one.exitCode === other.exitCode;
  return one.state === other.state && JSON.stringify(one) === JSON.stringify(other);
}

function isEmpty({ sizeBytes, droppedBytes, place }: OutputInfo): boolean {
  return place.kind === "empty" && sizeBytes === 0 && droppedBytes === 0;
}
