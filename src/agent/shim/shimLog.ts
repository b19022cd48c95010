import type { ExecutionNumber } from "../../model/id.ts";
import type { ShimLine, ShimRecord } from "./message.ts";
import { applyRecord, recordsOf, type ShimEntry, type ShimJournal } from "./shimJournal.ts";

/** Word of a start may come this much later than the start. */
const START_DELAY_MS = 4;

const TOLD: ReadonlySet<ShimRecord["record"]> = new Set(["started", "failed", "exited"]);

export function linesOf(lines: readonly ShimLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** Memory and journal of a shim: what is noted is first written, then told. */
export class ShimLog {
  readonly #journal: ShimJournal;
  readonly #tell: (lines: string) => void;
  readonly #memory = new Map<ExecutionNumber, ShimEntry>();
  #unwritten: ShimRecord[] = [];
  #untold: ShimRecord[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(journal: ShimJournal, tell: (lines: string) => void) {
    this.#journal = journal;
    this.#tell = tell;
  }

  has(execution: ExecutionNumber): boolean {
    return this.#memory.has(execution);
  }

  get isEmpty(): boolean {
    return this.#memory.size === 0;
  }

  /** True if nothing that has to be written soon waited before, so that a write is to be arranged. */
  note(record: ShimRecord): boolean {
    // That something was forgotten is written with what comes next: a next agent forgets it again.
    const isFirst = this.#unwritten.every((other) => other.record === "forgotten");
    this.#unwritten.push(record);
    applyRecord(this.#memory, record);
    return isFirst;
  }

  /** Everything that is not forgotten; what a full disk keeps from being written is told again later. */
  all(): ShimRecord[] {
    return [...this.#memory].flatMap(([execution, entry]) => recordsOf(execution, entry));
  }

  /** False: the disk would not take it; nothing was told. */
  write(): boolean {
    if (this.#unwritten.length === 0) return true;
    if (!this.#journal.append(linesOf(this.#unwritten))) return false;
    this.#untold.push(...this.#unwritten.filter(({ record }) => TOLD.has(record)));
    this.#unwritten = [];
    this.#tellSoon();
    this.#journal.compact(this.#memory);
    return true;
  }

  /** Mere starts wait a moment for the end that may follow: it spares the agent every other waking. */
  #tellSoon(): void {
    if (this.#untold.some(({ record }) => record !== "started")) this.#tellNow();
    else if (this.#untold.length > 0) {
      this.#timer ??= setTimeout(() => this.#tellNow(), START_DELAY_MS);
    }
  }

  #tellNow(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const records = this.#untold;
    this.#untold = [];
    this.#tell(linesOf(records));
  }
}
