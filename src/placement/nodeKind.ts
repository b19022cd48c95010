import type { DriverFacts } from "../model/node.ts";
import type { NodeTraits } from "../model/placementSpec.ts";
import type { HostVolumes } from "./volumes.ts";

const UNIQUE = "unique.";
const UNIT = "\u001f";
const RECORD = "\u001e";

/**
 * A key that is the same for nodes which no constraint can tell apart, but one on a `unique.` property: the constraints of
 * a group are evaluated once per kind of node. It is a hash of 64 bits, as it is kept for every node; to be made anew
 * when the facts of the node change.
 */
export function nodeKind(
  traits: NodeTraits,
  drivers: Readonly<Record<string, DriverFacts>>,
  hostVolumes: HostVolumes,
): string {
  const states = Object.entries(drivers).map(
    ([name, { detected, healthy }]) => [name, `${detected}${healthy}`] as const,
  );
  const volumes = Object.entries(hostVolumes).map(
    ([name, { readOnly }]) => [name, String(readOnly)] as const,
  );
  return hash(
    [
      traits.datacenter,
      traits.nodeClass,
      traits.pool,
      textOf(Object.entries(traits.attributes)),
      textOf(Object.entries(traits.meta)),
      textOf(states),
      textOf(volumes),
    ].join(RECORD + RECORD),
  );
}

function textOf(entries: readonly (readonly [string, string])[]): string {
  return entries
    .filter(([key]) => !key.startsWith(UNIQUE))
    .map(([key, value]) => key + UNIT + value)
    .sort()
    .join(RECORD);
}

/** Two independent 32-bit FNV-1a rounds; nobody gains by a collision but the node that lies about itself anyway. */
function hash(text: string): string {
  let first = 0x811c9dc5;
  let second = 0x9747b28c;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    first = Math.imul(first ^ unit, 0x01000193);
    second = Math.imul(second ^ unit, 0x5bd1e995);
    second ^= second >>> 15;
  }
  return `${(first >>> 0).toString(36)}.${(second >>> 0).toString(36)}.${text.length.toString(36)}`;
}
