import { type Fields, isFields } from "./compare.ts";

function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [rename(name), renamed(field, rename)]),
  );
}

/** Fields as in our types: `delay_ms` is `delayMs`, at every depth. */
export function camelCased(value: unknown): unknown {
  return renamed(value, (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()));
}

/** Fields as in vectors: `delayMs` is `delay_ms`, at every depth. */
export function snakeCased(value: object): Fields {
  const fields = renamed({ ...value }, (name) =>
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  );
  if (!isFields(fields)) throw new Error("expected an object");
  return fields;
}
