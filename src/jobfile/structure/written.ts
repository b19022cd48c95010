import { DRIVERS } from "../schema/drivers.ts";
import type { BlockSchema } from "../schema/schema.ts";
import type { Block, Body, Range, TreeEntry, TreeValue } from "../tree.ts";
import { attributeOf, blockOf, mergedObject, objectsOf, type TreeObject } from "./blocks.ts";

/**
 * The blocks of HCL written as YAML or JSON: a block is a map, a label a key above it, several blocks of a kind a list
 * (`job: {example: {group: {cache: {count: 1}}}}`). Text stands for itself; only what a node knows (`${attr...}`) is
 * filled in later.
 */
export function writtenBody(value: TreeObject, schema: BlockSchema): Body {
  const attributes = new Map<string, ReturnType<typeof attributeOf>>();
  const blocks: Block[] = [];
  for (const [name, entry] of value.entries) {
    const found = isBlock(name, entry.value, schema) ? blocksOf(name, entry, schema, value) : null;
    if (found === null)
      attributes.set(name, attributeOf(name, attributeEntry(name, entry, schema)));
    else blocks.push(...found);
  }
  return { attributes, blocks, range: value.range };
}

function isBlock(name: string, value: TreeValue, schema: BlockSchema): boolean {
  if (Object.hasOwn(schema.blocks, name)) return true;
  if (Object.hasOwn(schema.attributes, name)) return false;
  const objects = objectsOf(value);
  return objects !== null && objects.length > 0;
}

/** A map of texts that is written as a list of maps. */
function attributeEntry(name: string, entry: TreeEntry, schema: BlockSchema): TreeEntry {
  const isKnown = Object.hasOwn(schema.attributes, name);
  const kind = isKnown ? schema.attributes[name]?.type.kind : undefined;
  const objects = entry.value.kind === "list" ? objectsOf(entry.value) : null;
  if (kind !== "map" || objects === null) return entry;
  return { ...entry, value: mergedObject(objects, entry.value.range) };
}

/** Null: the value is none that a block could have, so that it is told of as an attribute. */
function blocksOf(
  name: string,
  { keyRange, value }: TreeEntry,
  schema: BlockSchema,
  parent: TreeObject,
): Block[] | null {
  if (value.kind === "null") return [];
  const objects = objectsOf(value);
  if (objects === null) return null;
  const child = Object.hasOwn(schema.blocks, name) ? schema.blocks[name] : undefined;
  const inner = name === "config" ? configSchema(parent) : child?.schema?.();
  if (inner === undefined) {
    return objects.map((object) => blockOf(name, keyRange, [], bareBody(object)));
  }
  if (inner.label === null) {
    return objects.map((object) => blockOf(name, keyRange, [], writtenBody(object, inner)));
  }
  return objects.flatMap((object) => labelled(name, object, inner));
}

function labelled(name: string, object: TreeObject, schema: BlockSchema): Block[] {
  return [...object.entries].flatMap(([label, { keyRange, value }]) => {
    const labels = [{ text: label, range: keyRange }];
    const bodies = objectsOf(value)?.map((inner) => writtenBody(inner, schema));
    // `port: {db: }` is a block without anything in it.
    const all = bodies ?? [emptyBody(value.range)];
    return all.map((body) => blockOf(name, keyRange, labels, body));
  });
}

function emptyBody(range: Range): Body {
  return { attributes: new Map(), blocks: [], range };
}

/** Of a block that is refused or unknown: nobody looks into it. */
function bareBody(object: TreeObject): Body {
  return emptyBody(object.range);
}

function configSchema(task: TreeObject): BlockSchema | undefined {
  const driver = task.entries.get("driver")?.value;
  const name = driver?.kind === "string" ? driver.value : "";
  return Object.entries(DRIVERS).find(([known]) => known === name)?.[1];
}
