/** Names of variables as blocks of a template begin and end: one is known behind its `:=` to the end of its block. */
export class Variables {
  /** The innermost last. */
  readonly #blocks: Set<string>[] = [new Set()];

  open(names: readonly string[]): void {
    this.#blocks.push(new Set(names));
  }

  close(): void {
    this.#blocks.pop();
  }

  add(name: string): void {
    this.#blocks.at(-1)?.add(name);
  }

  has(name: string): boolean {
    return this.#blocks.some((names) => names.has(name));
  }
}
