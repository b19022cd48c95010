import { UsageError } from "../failure.ts";

const SHORT_LENGTH = 8;

/** The part of an id that people read and type. */
export function shortId(id: string, isVerbose = false): string {
  return isVerbose ? id : id.slice(0, SHORT_LENGTH);
}

/** Fewer would begin the ids of too many. */
const LEAST_LENGTH = 2;

/** Whether it names one allocation for ever: others that begin so may come as long as it is shorter. */
export function isWholeShortId(id: string): boolean {
  return id.length >= SHORT_LENGTH;
}

/** Throws UsageError for what is too short for the beginning of an allocation's id. */
export function checkedAllocationId(given: string): string {
  if (given.length >= LEAST_LENGTH) return given;
  throw new UsageError(
    `Expected at least the first ${LEAST_LENGTH} characters of an allocation's id and got "${given}". \`stint job status JOB\` shows them.`,
  );
}
