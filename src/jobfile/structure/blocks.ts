import type { Attribute, Block, Body, Label, Range, TreeEntry, TreeValue } from "../tree.ts";

export type TreeObject = Extract<TreeValue, { readonly kind: "object" }>;

export function attributeOf(name: string, { keyRange, value }: TreeEntry): Attribute {
  return { name, nameRange: keyRange, value, range: { ...keyRange, end: value.range.end } };
}

export function blockOf(type: string, typeRange: Range, labels: Label[], body: Body): Block {
  return { type, typeRange, labels, body, range: { ...typeRange, end: body.range.end } };
}

/** The objects of an object or of a list of them; null: something else is among them. */
export function objectsOf(value: TreeValue): TreeObject[] | null {
  if (value.kind === "object") return [value];
  if (value.kind !== "list") return null;
  const objects = value.items.flatMap((item) => (item.kind === "object" ? [item] : []));
  return objects.length === value.items.length ? objects : null;
}

/** Objects laid over one another: HCL's own JSON writes a map as a list of one. */
export function mergedObject(objects: readonly TreeObject[], range: Range): TreeObject {
  const entries = new Map(objects.flatMap((object) => [...object.entries]));
  return { kind: "object", entries, range };
}
