/** A number with its noun: `1 node`, `3 nodes`. The noun takes an s. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
