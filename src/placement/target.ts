import type { NodeTraits } from "../model/placementSpec.ts";
import type { Finding } from "./finding.ts";

const ATTRIBUTE = "${attr.";
const META = "${meta.";
const EXACT: Readonly<Record<string, (traits: NodeTraits) => string>> = {
  "${node.unique.id}": (traits) => traits.id,
  "${node.unique.name}": (traits) => traits.name,
  "${node.datacenter}": (traits) => traits.datacenter,
  "${node.class}": (traits) => traits.nodeClass,
  "${node.pool}": (traits) => traits.pool,
};
const VALID_PREFIXES = [ATTRIBUTE, META, "${device."];
const UNIQUE_PREFIXES = ["${node.unique.", "${attr.unique.", "${meta.unique."];

/** Whether nodes resolve the text; anything else stands for itself. */
export function isTarget(text: string): boolean {
  return text.startsWith("${");
}

/** Whether two nodes that are alike in all else may resolve it differently. */
export function isUniqueTarget(text: string): boolean {
  return UNIQUE_PREFIXES.some((prefix) => text.startsWith(prefix));
}

/** What a side of a constraint is on a node; null: the node has no such property. */
export function resolveTarget(text: string, traits: NodeTraits): string | null {
  if (!isTarget(text)) return text;
  if (Object.hasOwn(EXACT, text)) return EXACT[text]?.(traits) ?? null;
  if (text.startsWith(ATTRIBUTE)) return lookUp(traits.attributes, keyOf(text, ATTRIBUTE));
  if (text.startsWith(META)) return lookUp(traits.meta, keyOf(text, META));
  return null;
}

function keyOf(text: string, prefix: string): string {
  return text.slice(prefix.length, text.endsWith("}") ? -1 : undefined);
}

function lookUp(values: Readonly<Record<string, string>>, key: string): string | null {
  return Object.hasOwn(values, key) ? (values[key] ?? null) : null;
}

/** What is wrong with a side of a constraint; null: nothing. */
export function checkTarget(text: string): Finding | null {
  if (!text.startsWith("$")) return null;
  if (!text.startsWith("${")) {
    const message = `"${text}" has no opening brace; write \${...}`;
    return { code: "missing_opening_brace", message };
  }
  if (!text.endsWith("}")) {
    const message = `"${text}" has no closing brace; write \${...}`;
    return { code: "missing_closing_brace", message };
  }
  if (Object.hasOwn(EXACT, text)) return null;
  if (VALID_PREFIXES.some((prefix) => text.startsWith(prefix))) return null;
  const known = [...Object.keys(EXACT), `\${attr.KEY}`, `\${meta.KEY}`].join(", ");
  const message = `"${text}" is nothing that nodes know; expected one of ${known}`;
  return { code: "attribute_unsupported", message };
}
