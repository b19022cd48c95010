/** A line of a comparison. */
export interface LineEdit {
  readonly kind: "same" | "removed" | "added";
  readonly line: string;
}

/** Texts that differ in more lines than this are shown as replaced altogether: nobody reads such a comparison. */
const EDITS_MAX = 2_000;
const CONTEXT_LINES = 3;

/** The fewest removals and additions that make the one of the other (Myers, An O(ND) Difference Algorithm, 1986). */
export function diffLines(before: readonly string[], after: readonly string[]): LineEdit[] {
  const trace = traceOf(before, after);
  if (trace === null) {
    return [
      ...before.map((line) => ({ kind: "removed", line }) as const),
      ...after.map((line) => ({ kind: "added", line }) as const),
    ];
  }
  return editsOf(trace, before, after);
}

/**
 * How far each diagonal was reached with 0, 1, 2 ... edits, until the end of both; null: not with EDITS_MAX. Diagonal k holds
 * the points x - y = k; after d edits it is at index k + d.
 */
function traceOf(before: readonly string[], after: readonly string[]): Int32Array[] | null {
  const trace: Int32Array[] = [];
  for (let edits = 0; edits <= EDITS_MAX; edits += 1) {
    const reached = new Int32Array(2 * edits + 1);
    trace.push(reached);
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = edits === 0 ? 0 : stepOf(trace, edits, diagonal).x;
      while (
        x < before.length &&
        x - diagonal < after.length &&
        before[x] === after[x - diagonal]
      ) {
        x += 1;
      }
      reached[diagonal + edits] = x;
      if (x >= before.length && x - diagonal >= after.length) return trace;
    }
  }
  return null;
}

/** Where the edit to this diagonal leads, and whether it adds a line. */
function stepOf(trace: readonly Int32Array[], edits: number, diagonal: number) {
  const last = trace[edits - 1] ?? new Int32Array(1);
  const at = (other: number) => last[other + edits - 1] ?? -1;
  const isAddition =
    diagonal === -edits || (diagonal !== edits && at(diagonal - 1) < at(diagonal + 1));
  return isAddition ? { x: at(diagonal + 1), isAddition } : { x: at(diagonal - 1) + 1, isAddition };
}

function editsOf(
  trace: readonly Int32Array[],
  before: readonly string[],
  after: readonly string[],
): LineEdit[] {
  const backwards: LineEdit[] = [];
  let [x, y] = [before.length, after.length];
  const keepUntil = (start: number) => {
    while (x > start) {
      [x, y] = [x - 1, y - 1];
      backwards.push({ kind: "same", line: before[x] ?? "" });
    }
  };
  for (let edits = trace.length - 1; edits > 0; edits -= 1) {
    const step = stepOf(trace, edits, x - y);
    keepUntil(step.x);
    if (step.isAddition) {
      y -= 1;
      backwards.push({ kind: "added", line: after[y] ?? "" });
    } else {
      x -= 1;
      backwards.push({ kind: "removed", line: before[x] ?? "" });
    }
  }
  keepUntil(0);
  return backwards.reverse();
}

/** Compares two texts by their lines. */
export function diffTexts(before: string, after: string): LineEdit[] {
  return diffLines(linesOf(before), linesOf(after));
}

/** The lines of a text; one that does not end with a line end is told apart from one that does. */
function linesOf(text: string): string[] {
  if (text === "") return [];
  const lines = text.split("\n");
  const last = lines.pop() ?? "";
  return last === "" ? lines : [...lines, `${last}\n\\ No newline at end of file`];
}

const SIGN = { same: " ", removed: "-", added: "+" } as const;

/** Two texts as `diff -u` compares them, without its two lines of names; nothing when they are the same. */
export function unifiedDiff(before: string, after: string): string[] {
  const edits = diffTexts(before, after);
  const shown = edits.map((_, index) =>
    edits
      .slice(Math.max(0, index - CONTEXT_LINES), index + CONTEXT_LINES + 1)
      .some(({ kind }) => kind !== "same"),
  );
  const output: string[] = [];
  let [oldLine, newLine] = [1, 1];
  for (const [index, { kind, line }] of edits.entries()) {
    if (shown[index] === true) {
      if (index === 0 || shown[index - 1] === false) {
        const end = shown.indexOf(false, index);
        const hunk = edits.slice(index, end < 0 ? edits.length : end);
        output.push(hunkHead(hunk, oldLine, newLine));
      }
      output.push(SIGN[kind] + line);
    }
    if (kind !== "added") oldLine += 1;
    if (kind !== "removed") newLine += 1;
  }
  return output;
}

function hunkHead(hunk: readonly LineEdit[], oldLine: number, newLine: number): string {
  const range = (line: number, missing: LineEdit["kind"]) => {
    const count = hunk.filter(({ kind }) => kind !== missing).length;
    // Of no lines the one before is named, as diff does.
    const start = count === 0 ? line - 1 : line;
    return count === 1 ? String(start) : `${start},${count}`;
  };
  return `@@ -${range(oldLine, "added")} +${range(newLine, "removed")} @@`;
}
