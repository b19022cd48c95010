/** One measured figure. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the project wants to reach; printed, never a reason to fail. */
  readonly goal?: number;
  /** True: at most the goal. Default: at least. */
  readonly lower?: boolean;
}

function format(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en-US");
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** Prints the figures as a table for people. */
export function printFigures(name: string, figures: readonly Figure[]): void {
  const width = Math.max(...figures.map((figure) => figure.name.length));
  console.log(`\n${name}`);
  for (const { name: label, value, unit, goal, lower } of figures) {
    const wanted =
      goal === undefined ? "" : `   (goal: ${lower ? "at most" : "at least"} ${format(goal)})`;
    console.log(`  ${label.padEnd(width)}  ${format(value).padStart(12)} ${unit}${wanted}`);
  }
}
