import type { Evaluator, NamedValues } from "./evaluate.ts";
import { EvaluationFailure, type Problem } from "./problem.ts";
import { Scope } from "./scope.ts";
import type { AttributeSyntax, BlockSyntax } from "./syntax.ts";
import type { Value } from "./value.ts";
import { visitReferences } from "./walk.ts";

type Found = { readonly value: Value } | "failed";

/** Of a circle. */
const MAX_SHOWN = 10;

/** The values of the `locals` blocks, evaluated in the order that they need each other. */
export class Locals implements NamedValues {
  readonly #declared = new Map<string, AttributeSyntax>();
  readonly #found = new Map<string, Found>();
  readonly problems: Problem[] = [];

  constructor(blocks: readonly BlockSyntax[]) {
    for (const block of blocks) {
      this.#checkShape(block);
      for (const attribute of block.body.attributes.values()) {
        if (this.#declared.has(attribute.name)) {
          const message = `expected \`${attribute.name}\` once in all locals, found it again`;
          this.problems.push({ span: attribute.nameSpan, message });
        } else {
          this.#declared.set(attribute.name, attribute);
        }
      }
    }
  }

  #checkShape(block: BlockSyntax): void {
    for (const label of block.labels) {
      this.problems.push({ span: label, message: "expected no label on `locals`, found one" });
    }
    for (const inner of block.body.blocks) {
      const message = `expected \`name = value\` in \`locals\`, found the block \`${inner.type}\``;
      this.problems.push({ span: inner.typeSpan, message });
    }
  }

  find(name: string): Found | undefined {
    // Not evaluated yet: it is only asked whether there is such a name.
    return this.#found.get(name) ?? (this.#declared.has(name) ? "failed" : undefined);
  }

  names(): readonly string[] {
    return [...this.#declared.keys()];
  }

  get expressions() {
    return [...this.#declared.values()].map(({ value }) => value);
  }

  evaluateAll(evaluator: Evaluator): void {
    for (const name of this.#ordered()) {
      const attribute = this.#declared.get(name);
      if (attribute === undefined || this.#found.has(name)) continue;
      try {
        this.#found.set(name, { value: evaluator.evaluate(attribute.value, Scope.empty) });
      } catch (failure) {
        if (!(failure instanceof EvaluationFailure)) throw failure;
        this.problems.push(...failure.problems);
        this.#found.set(name, "failed");
      }
    }
  }

  #neededBy(name: string): readonly string[] {
    const attribute = this.#declared.get(name);
    if (attribute === undefined) return [];
    const needed = new Set<string>();
    const onReference = (_: unknown, root: string, first: string | null) => {
      if (root === "local" && first !== null) needed.add(first);
    };
    visitReferences(attribute.value, { onReference, onCall: () => {} }, new Set());
    return [...needed];
  }

  /**
   * Depth first, what is needed before what needs it; with a stack of its own, as a file may have a chain of any
   * length. Those in a circle are reported and fail.
   */
  #ordered(): readonly string[] {
    const order: string[] = [];
    const done = new Set<string>();
    for (const first of this.#declared.keys()) {
      const path: { readonly name: string; readonly rest: string[] }[] = [];
      const onPath = new Set<string>();
      const enter = (name: string) => {
        path.push({ name, rest: [...this.#neededBy(name)].reverse() });
        onPath.add(name);
      };
      if (!done.has(first)) enter(first);
      for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
        const next = top.rest.pop();
        if (next === undefined) {
          path.pop();
          onPath.delete(top.name);
          done.add(top.name);
          order.push(top.name);
        } else if (onPath.has(next)) {
          const names = path.map(({ name }) => name);
          this.#reportCycle(names.slice(names.indexOf(next)));
        } else if (!done.has(next)) {
          enter(next);
        }
      }
    }
    return order;
  }

  #reportCycle(names: readonly string[]): void {
    const [first] = names;
    const attribute = first === undefined ? undefined : this.#declared.get(first);
    if (first === undefined || attribute === undefined) return;
    for (const name of names) this.#found.set(name, "failed");
    const shown = names.slice(0, MAX_SHOWN).map((name) => `local.${name}`);
    const hidden = names.length > MAX_SHOWN ? [`(${names.length - MAX_SHOWN} more)`] : [];
    const circle = [...shown, ...hidden, `local.${first}`].join(" -> ");
    const message = `expected locals that do not need each other in a circle, found ${circle}`;
    this.problems.push({ span: attribute.nameSpan, message });
  }
}
