import type { JobPatchBody } from "../../protocol/api/job.ts";
import { givenOf, nameValues } from "../command/keyValue.ts";

/** What can be given when a job is created and changed later. */
export interface EditableOptions {
  readonly poolId: string | undefined;
  readonly priority: number | undefined;
  readonly maxParallel: number | undefined;
  readonly onComplete: "noaction" | "terminatejob" | undefined;
  readonly maxWallClock: string | undefined;
  readonly maxRetries: number | undefined;
  readonly metadata: readonly string[];
}

export function editedFields(options: EditableOptions): Omit<JobPatchBody, "poolInfo"> {
  const { priority, maxParallel, onComplete, metadata } = options;
  const constraints = constraintsOf(options);
  return givenOf({
    priority,
    maxParallelTasks: maxParallel,
    onAllTasksComplete: onComplete,
    constraints: Object.keys(constraints).length === 0 ? undefined : constraints,
    metadata:
      metadata.length === 0 ? undefined : nameValues(metadata, "KEY=VALUE", "-md,--metadata"),
  });
}

function constraintsOf({ maxWallClock, maxRetries }: EditableOptions) {
  const isNone = maxWallClock?.toLowerCase() === "none";
  return givenOf({
    maxWallClockTime: isNone ? null : maxWallClock,
    maxTaskRetryCount: maxRetries,
  });
}
