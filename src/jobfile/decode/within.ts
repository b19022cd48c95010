import type { GroupJobType } from "../../model/groupDefaults.ts";
import { type ReadBlock, readBlock } from "../read/block.ts";
import type { Reading } from "../read/reading.ts";
import type { Attributes, BlockSchema } from "../schema/schema.ts";

/** What the decoders of all levels need. */
export interface Within {
  readonly reading: Reading;
  readonly jobId: string;
  readonly jobType: GroupJobType;
}

/** A block that may stand once. */
export function readOne<A extends Attributes>(
  parent: ReadBlock,
  schema: BlockSchema<A>,
  reading: Reading,
): ReadBlock<A> | null {
  const [block] = parent.children(schema.name);
  return block === undefined ? null : readBlock(block, schema, reading);
}

export function readMany<A extends Attributes>(
  parent: ReadBlock,
  schema: BlockSchema<A>,
  reading: Reading,
): ReadBlock<A>[] {
  return parent.children(schema.name).map((block) => readBlock(block, schema, reading));
}
