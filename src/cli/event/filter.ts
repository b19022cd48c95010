import { EVENT_TYPES, type EventType } from "../../model/event.ts";
import { givenOf } from "../command/keyValue.ts";
import { nearestWord } from "../command/suggest.ts";
import { UsageError } from "../failure.ts";

export interface EventFilterOptions {
  readonly type: readonly string[];
  readonly after: number | undefined;
  readonly jobId: string | undefined;
  readonly poolId: string | undefined;
}

export function eventFilter(options: EventFilterOptions) {
  const { type, jobId, poolId } = options;
  const types = type.length === 0 ? undefined : type.map(typeOf);
  return givenOf({ type: types, jobId, poolId });
}

/** The word `Event` at the end may be left out. */
function typeOf(word: string): EventType {
  const folded = word.toLowerCase().replace(/event$/, "");
  const found = EVENT_TYPES.find((type) => type.toLowerCase() === `${folded}event`);
  if (found !== undefined) return found;
  const meant = nearestWord(`${folded}event`, EVENT_TYPES);
  const guess = meant === undefined ? "" : ` Did you mean ${meant}?`;
  throw new UsageError(
    `Expected one of ${EVENT_TYPES.join(", ")} as -ty,--type and got "${word}".${guess}`,
  );
}
