import type { NamedValues } from "./evaluate.ts";
import type { Problem } from "./problem.ts";
import {
  isKnownFunction,
  isNodeRoot,
  undeclaredName,
  unknownFunction,
  unknownRoot,
} from "./references.ts";
import type { Source } from "./source.ts";
import type { BlockSyntax, BodySyntax, Expression } from "./syntax.ts";
import { visitReferences } from "./walk.ts";

/** What a name within a `dynamic` block is called: its `iterator`, or the type of the blocks it makes. */
export function iteratorName(block: BlockSyntax): string | null {
  const iterator = block.body.attributes.get("iterator")?.value;
  if (iterator === undefined) return block.labels[0]?.text ?? null;
  return iterator.kind === "name" ? iterator.name : null;
}

/**
 * Finds names that do not exist also where nothing is evaluated: in the branch of a condition not taken now, in the
 * content of a `dynamic` block over nothing. A job file should not break with another value of a variable.
 */
export class ReferenceChecker {
  readonly #source: Source;
  readonly #roots: ReadonlyMap<string, NamedValues>;
  readonly problems: Problem[] = [];

  constructor(source: Source, roots: ReadonlyMap<string, NamedValues>) {
    this.#source = source;
    this.#roots = roots;
  }

  checkExpression(expression: Expression, bound: ReadonlySet<string>): void {
    visitReferences(
      expression,
      {
        onReference: (reference, root, first) => this.#check(reference, root, first),
        onCall: (call) => {
          if (!isKnownFunction(call.name)) this.problems.push(unknownFunction(call));
        },
      },
      bound,
    );
  }

  checkBody(body: BodySyntax, bound: ReadonlySet<string>): void {
    for (const { value } of body.attributes.values()) this.checkExpression(value, bound);
    for (const block of body.blocks) {
      if (block.type === "dynamic") this.#checkDynamic(block, bound);
      else this.checkBody(block.body, bound);
    }
  }

  #checkDynamic(block: BlockSyntax, bound: ReadonlySet<string>): void {
    const iterator = iteratorName(block);
    const inner = new Set([...bound, ...(iterator === null ? [] : [iterator])]);
    for (const { name, value } of block.body.attributes.values()) {
      if (name === "for_each") this.checkExpression(value, bound);
      if (name === "labels") this.checkExpression(value, inner);
    }
    for (const content of block.body.blocks) this.checkBody(content.body, inner);
  }

  #check(reference: Expression, root: string, first: string | null): void {
    const values = this.#roots.get(root);
    if (values === undefined) {
      if (isNodeRoot(root)) return;
      const written = this.#source.text.slice(reference.start, reference.end);
      this.problems.push(unknownRoot(reference, root, written));
      return;
    }
    if (first === null || values.find(first) !== undefined) return;
    this.problems.push(undeclaredName(reference, root, first, values.names()));
  }
}
