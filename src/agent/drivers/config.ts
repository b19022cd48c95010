import type { ConfigValue } from "../../model/group.ts";
import { type StartFailure, unrecoverable } from "./driver.ts";

export type DriverConfig = Readonly<Record<string, ConfigValue>>;

/** A driver's configuration that does not fit; only thrown and caught in this folder. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** The result of `read`, or the first mistake that it finds: a wrong configuration does not become right by itself. */
export function readConfig<Result extends object>(
  driver: string,
  config: DriverConfig,
  read: (fields: ConfigFields) => Result,
): Result | StartFailure {
  try {
    const fields = new ConfigFields(config);
    const result = read(fields);
    fields.requireNoOthers();
    return result;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return unrecoverable(`Configuration of the driver ${driver}: ${error.message}`);
  }
}

/** Reads fields by name and remembers which were asked for: what nobody asks for is a mistake. */
export class ConfigFields {
  readonly #config: DriverConfig;
  readonly #known = new Set<string>();

  constructor(config: DriverConfig) {
    this.#config = config;
  }

  #value(name: string): ConfigValue {
    this.#known.add(name);
    return this.#config[name] ?? null;
  }

  requiredText(name: string): string {
    const text = this.text(name);
    if (text === null || text === "") throw new ConfigError(`expected ${name}, got none.`);
    return text;
  }

  /** Null: not written. Numbers are texts too, as job files have them unquoted. */
  text(name: string): string | null {
    const value = this.#value(name);
    if (value === null) return null;
    return textOf(value, name);
  }

  flag(name: string): boolean {
    const value = this.#value(name);
    if (value === null) return false;
    if (typeof value === "boolean") return value;
    if (value === "true" || value === "false") return value === "true";
    throw wrong(name, "true or false", value);
  }

  wholeNumber(name: string): number | null {
    const value = this.#value(name);
    if (value === null) return null;
    const number = Number(value);
    if (typeof value === "object" || !Number.isInteger(number) || number < 0) {
      throw wrong(name, "a whole number", value);
    }
    return number;
  }

  texts(name: string): readonly string[] {
    const value = this.#value(name);
    if (value === null) return [];
    if (!isList(value)) throw wrong(name, "a list of texts", value);
    return value.map((each, index) => textOf(each, `${name}[${index}]`));
  }

  /** Null: not written. One text is a list of one. */
  textOrTexts(name: string): readonly string[] | null {
    const value = this.#value(name);
    if (value === null) return null;
    return typeof value === "string" ? [value] : this.texts(name);
  }

  /** A block may stand several times: then it is a list of maps, and the last of two values wins. */
  textMap(name: string): Readonly<Record<string, string>> {
    const maps = this.maps(name);
    const entries = maps.flatMap((map) => Object.entries(map));
    return Object.fromEntries(entries.map(([key, each]) => [key, textOf(each, `${name}.${key}`)]));
  }

  maps(name: string): readonly DriverConfig[] {
    const value = this.#value(name);
    if (value === null) return [];
    return (isList(value) ? value : [value]).map((each) => {
      if (!isMap(each)) throw wrong(name, "a block", each);
      return each;
    });
  }

  requireNoOthers(): void {
    const other = Object.keys(this.#config).find((name) => !this.#known.has(name));
    if (other === undefined) return;
    const known = [...this.#known].sort().join(", ");
    throw new ConfigError(`expected only ${known}, got ${other}. Remove or rename it.`);
  }
}

function isList(value: ConfigValue): value is readonly ConfigValue[] {
  return Array.isArray(value);
}

function isMap(value: ConfigValue): value is DriverConfig {
  return typeof value === "object" && value !== null && !isList(value);
}

function textOf(value: ConfigValue, name: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw wrong(name, "a text", value);
}

function wrong(name: string, expected: string, value: ConfigValue): ConfigError {
  return new ConfigError(`expected ${expected} as ${name}, got ${JSON.stringify(value)}.`);
}
