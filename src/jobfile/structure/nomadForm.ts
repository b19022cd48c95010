import type { Reading } from "../read/reading.ts";
import { nearest } from "../read/suggest.ts";
import { isEmpty } from "../read/values.ts";
import { DRIVERS } from "../schema/drivers.ts";
import type { BlockSchema, ChildBlock } from "../schema/schema.ts";
import { acceptedAttributes, acceptedBlocks, jsonName, takesText } from "../schema/schema.ts";
import {
  type Attribute,
  type Block,
  type Body,
  type PlainValue,
  plainValue,
  type TreeEntry,
  type TreeValue,
} from "../tree.ts";
import { attributeOf, blockOf, objectsOf, type TreeObject } from "./blocks.ts";
import { writtenBody } from "./written.ts";

type Tell = Pick<Reading, "error">;

/**
 * Nomad's own JSON (`{"TaskGroups": [...]}`, durations in nanoseconds) as blocks. Null and empty text mean "not
 * written" there; what its server answers beside the job (Status, CreateIndex, ...) is passed over.
 */
export function nomadBody(value: TreeObject, schema: BlockSchema, tell: Tell): Body {
  const attributes = new Map<string, Attribute>();
  const blocks: Block[] = [];
  for (const [key, entry] of value.entries) {
    const plain = plainValue(entry.value);
    if (plain === null || plain === "") continue;
    const name = attributeNamed(key, schema);
    const child = childNamed(key, schema);
    if (name !== null) attributes.set(name, attributeOf(name, entry));
    else if (child === null) tellUnknown(key, entry, schema, tell);
    else if (isWish(child, plain, schema)) blocks.push(...blocksOf(child, entry, value, tell));
  }
  return { attributes, blocks, range: value.range };
}

/** An update of zeros in the job is how Nomad answers that there is none; what is refused may stand empty. */
function isWish({ name, child }: NamedChild, plain: PlainValue, parent: BlockSchema): boolean {
  const mayBeIdle = child.schema === null || (name === "update" && parent.name === "job");
  return !mayBeIdle || !isDeepEmpty(plain);
}

function attributeNamed(key: string, schema: BlockSchema): string | null {
  const entries = Object.entries(schema.attributes);
  return entries.find(([name, attribute]) => jsonName(name, attribute) === key)?.[0] ?? null;
}

interface NamedChild {
  readonly name: string;
  readonly child: ChildBlock;
}

function childNamed(key: string, schema: BlockSchema): NamedChild | null {
  const found = Object.entries(schema.blocks).find(([, child]) => child.json.keys.includes(key));
  return found === undefined ? null : { name: found[0], child: found[1] };
}

function blocksOf(
  { name, child }: NamedChild,
  entry: TreeEntry,
  parent: TreeObject,
  tell: Tell,
): Block[] {
  const { keyRange, value } = entry;
  const schema = child.schema?.();
  if (name === "config") return configBlocks(entry, parent);
  if (child.json.label === "key" && value.kind === "object" && schema !== undefined) {
    return [...value.entries].flatMap(([label, inner]) =>
      listed(name, { ...inner, label }, schema, null, tell),
    );
  }
  return listed(name, { keyRange, value, label: null }, schema, child.json.label, tell);
}

interface Listed extends TreeEntry {
  /** Null: the label is in the objects, or there is none. */
  readonly label: string | null;
}

function listed(
  name: string,
  { keyRange, value, label }: Listed,
  schema: BlockSchema | undefined,
  labelKey: string | null,
  tell: Tell,
): Block[] {
  const objects = objectsOf(value);
  if (objects === null) {
    const message = "Expected an object, or a list of objects.";
    tell.error("value_invalid", value.range, message, "Write it as Nomad's API has it.");
    return [];
  }
  return objects.map((object) => {
    const range = objects.length > 1 || value.kind === "list" ? object.range : keyRange;
    const own = label === null ? labelOf(object, labelKey) : { text: label, range: keyRange };
    const labels = own === null ? [] : [own];
    const rest = labelKey === null ? object : without(object, labelKey);
    const body = schema === undefined ? bareBody(object) : nomadBody(rest, schema, tell);
    return blockOf(name, range, labels, body);
  });
}

function labelOf(object: TreeObject, key: string | null) {
  const value = key === null ? undefined : object.entries.get(key)?.value;
  return value?.kind === "string" ? { text: value.value, range: value.range } : null;
}

function without(object: TreeObject, key: string): TreeObject {
  const entries = new Map([...object.entries].filter(([name]) => name !== key));
  return { ...object, entries };
}

function bareBody({ range }: TreeObject): Body {
  return { attributes: new Map(), blocks: [], range };
}

/** Settings of drivers have the same names in both forms. */
function configBlocks({ keyRange, value }: TreeEntry, task: TreeObject): Block[] {
  const driver = textOf(task.entries.get("Driver")?.value);
  const schema = Object.entries(DRIVERS).find(([name]) => name === driver)?.[1];
  if (schema === undefined || value.kind !== "object") return [];
  return [blockOf("config", keyRange, [], writtenBody(value, schema))];
}

function textOf(value: TreeValue | undefined): string {
  return value?.kind === "string" ? value.value : "";
}

function isDeepEmpty(plain: PlainValue): boolean {
  if (typeof plain !== "object" || plain === null) return isEmpty(plain);
  return Object.values(plain).every(isDeepEmpty);
}

function tellUnknown(key: string, entry: TreeEntry, schema: BlockSchema, tell: Tell): void {
  if (isEmpty(plainValue(entry.value)) || (schema.answers ?? []).includes(key)) return;
  const known = [
    ...acceptedAttributes(schema).map(([name, attribute]) => jsonName(name, attribute)),
    ...acceptedBlocks(schema).flatMap(([, { json }]) => json.keys),
  ];
  const meant = nearest(key, known);
  const fix = meant === null ? takesText(known) : `Did you mean ${meant}?`;
  tell.error("unsupported_attribute", entry.keyRange, `${schema.name} has no field ${key}.`, fix);
}
