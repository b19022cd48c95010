import type { ConfigValue } from "../group.ts";
import type { NodeTraits } from "../placementSpec.ts";

/** What a reference stands for; null: nobody knows it. */
export type Lookup = (name: string) => string | null;

const REFERENCE = /\$\{([^{}]*)\}/g;

/** Fills in `${NAME}`. What nobody knows stays as it stands, for a shell or a program to read. */
export function interpolate(text: string, lookup: Lookup): string {
  return text.replace(REFERENCE, (whole, name: string) => lookup(name.trim()) ?? whole);
}

/** All texts within a driver's settings. */
export function interpolateValue(value: ConfigValue, lookup: Lookup): ConfigValue {
  if (typeof value === "string") return interpolate(value, lookup);
  if (typeof value !== "object" || value === null) return value;
  if (isList(value)) return value.map((item) => interpolateValue(item, lookup));
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    interpolateValue(inner, lookup),
  ]);
  return Object.fromEntries(entries);
}

function isList(value: ConfigValue): value is readonly ConfigValue[] {
  return Array.isArray(value);
}

type Texts = Readonly<Record<string, string>>;

function own(texts: Texts, name: string): string | null {
  return Object.hasOwn(texts, name) ? (texts[name] ?? null) : null;
}

const NODE_NAMES: Readonly<Record<string, (traits: NodeTraits) => string>> = {
  "node.unique.id": ({ id }) => id,
  "node.unique.name": ({ name }) => name,
  "node.datacenter": ({ datacenter }) => datacenter,
  "node.class": ({ nodeClass }) => nodeClass,
  "node.pool": ({ pool }) => pool,
};

/** `env["NAME"]`, `attr["KEY"]`, `meta["KEY"]` and the same with a dot. */
const INDEXED = /^(env|attr|meta)(?:\.(.+)|\[\s*"([^"]*)"\s*\])$/;

/** What may be referred to in a job: its node's properties, and the environment of its task by plain name or `env`. */
export function nodeLookup(traits: NodeTraits, region: string, environment: Texts): Lookup {
  return (name) => {
    if (name === "node.region") return region;
    if (Object.hasOwn(NODE_NAMES, name)) return NODE_NAMES[name]?.(traits) ?? null;
    const [, kind, dotted, quoted] = INDEXED.exec(name) ?? [];
    const key = dotted ?? quoted ?? "";
    if (kind === "attr") return own(traits.attributes, key);
    if (kind === "meta") return own(traits.meta, key);
    if (kind === "env") return own(environment, key);
    return own(environment, name);
  };
}
