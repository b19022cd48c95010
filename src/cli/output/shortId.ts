import { UsageError } from "../failure.ts";

const SHORT_LENGTH = 8;

/** The part of an id that people read and type. */
export function shortId(id: string, isVerbose = false): string {
  return isVerbose ? id : id.slice(0, SHORT_LENGTH);
}

/** Throws UsageError for what is too short for the beginning of an allocation's id. */
export function checkedAllocationId(given: string): string {
  if (given.length >= SHORT_LENGTH) return given;
  const isNumber = /^\d+$/.test(given);
  const hint = isNumber
    ? " An execution of a batch task is shown by `stint alloc view NUMBER`."
    : " `stint job status JOB` shows them.";
  throw new UsageError(
    `Expected at least the first ${SHORT_LENGTH} characters of an allocation's id and got "${given}".${hint}`,
  );
}
