import type { Value } from "./statements.ts";

/** A WHERE clause under construction: texts come from the code, values are bound. */
export class Condition {
  readonly #parts: string[] = [];
  readonly parameters: Value[] = [];

  and(part: string, ...parameters: Value[]): this {
    this.#parts.push(part);
    this.parameters.push(...parameters);
    return this;
  }

  /** The column begins with the prefix, byte for byte. */
  andPrefix(column: string, prefix: string): this {
    return this.and(`substr(${column}, 1, length(?)) = ?`, prefix, prefix);
  }

  get text(): string {
    return this.#parts.length === 0 ? "true" : this.#parts.join(" AND ");
  }
}
