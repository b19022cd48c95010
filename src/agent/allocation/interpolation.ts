import type { ConfigValue } from "../../model/group.ts";

/** What texts of a job may refer to by `${...}`. */
export interface Scope {
  readonly environment: Readonly<Record<string, string>>;
  /** As `node.datacenter`, `attr.kernel.name`, `meta.rack`. */
  readonly node: Readonly<Record<string, string>>;
}

const REFERENCE = /\$\{([^}]+)\}/g;
const ENVIRONMENT = /^env(?:\["([^"]*)"\]|\.(.+))$/;

/** Names that mean nothing stay as they are written (Nomad). */
export function interpolate(text: string, { environment, node }: Scope): string {
  return text.replaceAll(REFERENCE, (whole, written: string) => {
    const name = written.trim();
    const [, quoted, dotted] = ENVIRONMENT.exec(name) ?? [];
    const variable = quoted ?? dotted;
    if (variable !== undefined) return environment[variable] ?? "";
    return environment[name] ?? node[name] ?? whole;
  });
}

export function interpolateValue(value: ConfigValue, scope: Scope): ConfigValue {
  if (typeof value === "string") return interpolate(value, scope);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((each: ConfigValue) => interpolateValue(each, scope));
  const entries = Object.entries(value as Readonly<Record<string, ConfigValue>>);
  return Object.fromEntries(
    entries.map(([name, each]) => [interpolate(name, scope), interpolateValue(each, scope)]),
  );
}

export function interpolateTexts(
  texts: Readonly<Record<string, string>>,
  scope: Scope,
): Record<string, string> {
  const entries = Object.entries(texts);
  return Object.fromEntries(entries.map(([name, text]) => [name, interpolate(text, scope)]));
}
