import type { Rows } from "./paging.ts";

/** The rows of a list that the server cuts by row. */
export function rowsOf<Row>(answer: {
  readonly items: readonly Row[];
  readonly total: number;
}): Rows<Row> {
  return { rows: answer.items, total: { count: answer.total, isExact: true } };
}
