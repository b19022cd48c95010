import type { PoolPatchBody } from "../../protocol/api/pool.ts";
import { givenOf, nameValues } from "../command/keyValue.ts";
import { UsageError } from "../failure.ts";

/** What can be given when a pool is created and changed later. */
export interface EditableOptions {
  readonly name: string | undefined;
  readonly fillType: "spread" | "pack" | undefined;
  readonly accepts: readonly string[];
  readonly metadata: readonly string[];
}

const KINDS = ["fleet", "batch", "groups"] as const;

function kindOf(word: string): (typeof KINDS)[number] {
  const kind = KINDS.find((known) => known === word.toLowerCase());
  if (kind !== undefined) return kind;
  throw new UsageError(`Expected fleet, batch or groups as -ac,--accepts and got "${word}".`);
}

export function editedFields(options: EditableOptions): Omit<PoolPatchBody, "displayName"> {
  const { fillType, accepts, metadata } = options;
  return givenOf({
    taskSchedulingPolicy: fillType === undefined ? undefined : { nodeFillType: fillType },
    accepts: accepts.length === 0 ? undefined : accepts.map(kindOf),
    metadata:
      metadata.length === 0 ? undefined : nameValues(metadata, "KEY=VALUE", "-md,--metadata"),
  });
}
