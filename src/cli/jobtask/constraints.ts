import type { TaskAdd } from "../../protocol/api/task.ts";
import { givenOf } from "../command/keyValue.ts";

export interface ConstraintOptions {
  readonly maxRetries: number | undefined;
  readonly maxWallClock: string | undefined;
  readonly retention: string | undefined;
}

/** The constraints that were given; undefined when none was. */
export function constraintsOf(options: ConstraintOptions): TaskAdd["constraints"] {
  const { maxRetries, maxWallClock, retention } = options;
  const isUnlimited = maxWallClock?.toLowerCase() === "none";
  const constraints = givenOf({
    maxTaskRetryCount: maxRetries,
    maxWallClockTime: isUnlimited ? null : maxWallClock,
    retentionTime: retention,
  });
  return Object.keys(constraints).length === 0 ? undefined : constraints;
}
