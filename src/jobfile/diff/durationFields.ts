import { FILE } from "../schema/jobs.ts";
import { type BlockSchema, jsonName } from "../schema/schema.ts";

function collect(schema: BlockSchema, names: Set<string>, seen: Set<BlockSchema>): void {
  if (seen.has(schema)) return;
  seen.add(schema);
  for (const [name, attribute] of Object.entries(schema.attributes)) {
    if (attribute.type.kind === "duration") names.add(jsonName(name, attribute));
  }
  for (const { schema: inner } of Object.values(schema.blocks)) {
    if (inner !== null) collect(inner(), names, seen);
  }
}

const NAMES = new Set<string>();
collect(FILE, NAMES, new Set());

/** Whether a field of Nomad's JSON is a duration in nanoseconds. */
export function isDurationField(name: string): boolean {
  return NAMES.has(name);
}
