import {
  type AttributeSchema,
  type Attributes,
  acceptedAttributes,
  acceptedBlocks,
  type BlockSchema,
  takesText,
  type Written,
} from "../schema/schema.ts";
import type { Attribute, Block, Body, Position, Range, TreeEntry, TreeValue } from "../tree.ts";
import type { Reading } from "./reading.ts";
import { nearest } from "./suggest.ts";
import { asksForNothing, readValue, shown } from "./values.ts";

/** A block as it was written, checked against the table. */
export interface ReadBlock<A extends Attributes = Attributes> {
  readonly written: Written<A>;
  /** Text of its label; "" where there is none. */
  readonly label: string;
  /** Of what stands for it in messages: its head. */
  readonly range: Range;
  /** Of an attribute's value; of one that is not written, the block's. */
  readonly rangeOf: (attribute: keyof A & string) => Range;
  /** Of a place within an attribute's text, as near as it is known; line and column count from 1. */
  readonly rangeIn: (attribute: keyof A & string, place: Position) => Range;
  readonly children: (name: string) => readonly Block[];
  readonly body: Body;
}

/**
 * Reads a block's attributes and tells of all that is not in the table, not of its type, missing or refused. Inner
 * blocks are only checked by name: their own readers go on. What is wrong is left out of `written`.
 */
export function readBlock<A extends Attributes>(
  block: Block,
  schema: BlockSchema<A>,
  reading: Reading,
): ReadBlock<A> {
  const attributes = new Map([...block.body.attributes, ...mapBlocks(block.body, schema)]);
  const written: Record<string, unknown> = {};
  for (const attribute of attributes.values()) {
    const known = own(schema.attributes, attribute.name);
    if (known === undefined) tellUnknownAttribute(attribute, schema, reading);
    else {
      const value = attributeValue(attribute, known, reading);
      if (value !== undefined) written[attribute.name] = value;
    }
  }
  tellUnread(block.body, schema, reading);
  tellMissing(attributes, block, schema, reading);
  tellBlocks(block, schema, reading);
  return {
    // Each value was read by the type that its schema carries.
    written: written as Written<A>,
    label: readLabel(block, schema, reading),
    range: block.typeRange,
    rangeOf: (name) => attributes.get(name)?.value.range ?? block.typeRange,
    rangeIn: (name, place) => placeIn(attributes.get(name)?.value, place) ?? block.typeRange,
    children: (name) => block.body.blocks.filter(({ type }) => type === name),
    body: block.body,
  };
}

function placeIn(value: TreeValue | undefined, place: Position): Range | null {
  if (value === undefined) return null;
  const line = value.kind === "string" ? value.lines?.[place.line - 1] : undefined;
  if (line === undefined) return value.range;
  const before = place.column - 1;
  const column = line.start.column + (before < line.verbatim ? before : 0);
  const at = { line: line.start.line, column };
  return { file: value.range.file, start: at, end: at };
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** Blocks that stand for maps (`env { A = 1 }`) as attributes; several are laid over one another. */
function mapBlocks(body: Body, schema: BlockSchema): Map<string, Attribute> {
  const found = new Map<string, Attribute>();
  for (const block of body.blocks) {
    const kind = own(schema.attributes, block.type)?.type.kind;
    if (kind !== "map" && kind !== "textsMap") continue;
    const entries = new Map<string, TreeEntry>();
    const before = found.get(block.type)?.value;
    if (before?.kind === "object")
      for (const [key, entry] of before.entries) entries.set(key, entry);
    for (const { name, nameRange, value } of block.body.attributes.values()) {
      entries.set(name, { keyRange: nameRange, value });
    }
    const value: TreeValue = { kind: "object", entries, range: block.range };
    found.set(block.type, {
      name: block.type,
      nameRange: block.typeRange,
      value,
      range: block.range,
    });
  }
  return found;
}

function attributeValue(attribute: Attribute, schema: AttributeSchema, reading: Reading): unknown {
  const { name, value } = attribute;
  if (value.kind === "null") return undefined;
  if (schema.refusal !== null && reading.refuses && !asksForNothing(schema, value)) {
    const { reason, fix } = schema.refusal;
    reading.error(
      "not_supported",
      attribute.nameRange,
      `${name} is not supported: ${reason}.`,
      fix,
    );
    return undefined;
  }
  // What is refused and asks for nothing has no place in the spec.
  if (schema.refusal !== null && schema.type.kind === "value") return undefined;
  const read = readValue(value, schema.type);
  if (!read.ok) {
    const code = read.code ?? schema.invalid;
    const message = `Expected ${name} to be ${read.expected} and got ${shown(value)}.`;
    reading.error(code, value.range, message, read.fix);
    return undefined;
  }
  if (read.warning !== undefined) reading.warning("duration_unit", value.range, read.warning);
  return read.value;
}

/** What could not be evaluated may still be something that is not known here. */
function tellUnread({ unread = [] }: Body, schema: BlockSchema, reading: Reading): void {
  for (const entry of unread) {
    const { name } = entry;
    const isKnown = Object.hasOwn(schema.attributes, name) || Object.hasOwn(schema.blocks, name);
    if (!isKnown) tellUnknownAttribute(entry, schema, reading);
  }
}

function tellUnknownAttribute(
  attribute: Pick<Attribute, "name" | "nameRange">,
  schema: BlockSchema,
  reading: Reading,
): void {
  const { name, nameRange } = attribute;
  const child = own(schema.blocks, name);
  if (child?.refusal != null) {
    tellRefusedBlock(name, nameRange, schema, reading);
    return;
  }
  if (child !== undefined) {
    const fix = `Write it without the equals sign: ${name} { ... }.`;
    reading.error("block_expected", nameRange, `Expected ${name} to be a block.`, fix);
    return;
  }
  const message = `${schema.name} has no attribute ${name}.`;
  reading.error("unsupported_attribute", nameRange, message, meantFix(name, schema));
}

function meantFix(name: string, schema: BlockSchema): string {
  const known = [
    ...acceptedAttributes(schema).map(([attribute]) => attribute),
    ...acceptedBlocks(schema).map(([child]) => child),
  ];
  const meant = nearest(name, known);
  return meant === null ? takesText(known) : `Did you mean ${meant}?`;
}

function tellMissing(
  attributes: ReadonlyMap<string, Attribute>,
  block: Block,
  schema: BlockSchema,
  reading: Reading,
): void {
  for (const [name, { required }] of Object.entries(schema.attributes)) {
    const value = attributes.get(name)?.value;
    if (required === null || (value !== undefined && value.kind !== "null")) continue;
    if (block.body.unread?.some((entry) => entry.name === name)) continue;
    reading.error(required, block.typeRange, `Expected ${name} in ${schema.name} and found none.`);
  }
}

function tellBlocks(block: Block, schema: BlockSchema, reading: Reading): void {
  const seen = new Set<string>();
  for (const { type, typeRange } of block.body.blocks) {
    const child = own(schema.blocks, type);
    const kind = own(schema.attributes, type)?.type.kind;
    if (child?.refusal != null) tellRefusedBlock(type, typeRange, schema, reading);
    else if (child === undefined && kind !== undefined && kind !== "map" && kind !== "textsMap") {
      const message = `Expected ${type} to be an attribute and got a block.`;
      reading.error("attribute_expected", typeRange, message, `Write ${type} = ...`);
    } else if (child === undefined && kind === undefined) {
      const message = `${schema.name} has no block ${type}.`;
      reading.error("unsupported_block", typeRange, message, meantFix(type, schema));
    } else if (child?.many === false && seen.has(type)) {
      const message = `Expected one block ${type} in ${schema.name} and got another one.`;
      reading.error("block_repeated", typeRange, message, "Make one of them.");
    }
    seen.add(type);
  }
}

function tellRefusedBlock(name: string, range: Range, schema: BlockSchema, reading: Reading): void {
  const refusal = own(schema.blocks, name)?.refusal;
  if (refusal == null || !reading.refuses) return;
  const message = `${name} is not supported: ${refusal.reason}.`;
  reading.error("not_supported", range, message, refusal.fix);
}

function readLabel(block: Block, schema: BlockSchema, reading: Reading): string {
  const [first, second] = block.labels;
  if (schema.label === null && first !== undefined) {
    const message = `Expected ${schema.name} without a name and got "${first.text}".`;
    reading.error("label_unexpected", first.range, message);
  }
  if (second !== undefined) {
    const message = `Expected ${schema.name} with one name and got a second, "${second.text}".`;
    reading.error("label_unexpected", second.range, message);
  }
  return first?.text ?? "";
}
