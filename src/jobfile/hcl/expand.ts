import type { Attribute, Block, Body, Label } from "../tree.ts";
import { iteratorName } from "./checks.ts";
import { type Evaluator, evaluateAll } from "./evaluate.ts";
import { Placer } from "./placed.ts";
import { EvaluationFailure, type Problem } from "./problem.ts";
import type { Scope } from "./scope.ts";
import type { Source } from "./source.ts";
import type { AttributeSyntax, BlockSyntax, BodySyntax } from "./syntax.ts";
import { describeValue, isList, textOf, type Value } from "./value.ts";

const DYNAMIC_ATTRIBUTES: readonly string[] = ["for_each", "iterator", "labels"];

type Unread = NonNullable<Body["unread"]>[number];

/** Makes the tree of a parsed body: values evaluated, `dynamic` blocks replaced by what they make. */
export class Expander {
  readonly #source: Source;
  readonly #evaluator: Evaluator;
  readonly #placer: Placer;
  readonly problems: Problem[] = [];

  constructor(source: Source, evaluator: Evaluator) {
    this.#source = source;
    this.#evaluator = evaluator;
    this.#placer = new Placer(source);
  }

  /** Without the attributes and blocks that could not be evaluated. */
  expand(body: BodySyntax, scope: Scope): Body {
    const attributes = new Map<string, Attribute>();
    const unread: Unread[] = [];
    for (const syntax of body.attributes.values()) {
      const attribute = this.#attempt(() => this.#attribute(syntax, scope));
      if (attribute !== null) attributes.set(syntax.name, attribute);
      else unread.push({ name: syntax.name, nameRange: this.#source.range(syntax.nameSpan) });
    }
    const blocks = body.blocks.flatMap((block) => {
      if (block.type !== "dynamic") return [this.#block(block, scope)];
      const made = this.#attempt(() => this.#dynamic(block, scope));
      if (made === null) unread.push(this.#unreadBlock(block));
      return made ?? [];
    });
    const range = this.#source.range(body);
    return unread.length === 0
      ? { attributes, blocks, range }
      : { attributes, blocks, range, unread };
  }

  /** A `dynamic` by the type of what it would have made. */
  #unreadBlock({ labels: [type], typeSpan }: BlockSyntax): Unread {
    const nameRange = this.#source.range(type ?? typeSpan);
    return { name: type?.text ?? "dynamic", nameRange };
  }

  #attempt<T>(evaluate: () => T): T | null {
    try {
      return evaluate();
    } catch (failure) {
      if (!(failure instanceof EvaluationFailure)) throw failure;
      this.problems.push(...failure.problems);
      return null;
    }
  }

  #attribute(syntax: AttributeSyntax, scope: Scope): Attribute {
    const value = this.#evaluator.evaluate(syntax.value, scope);
    return {
      name: syntax.name,
      nameRange: this.#source.range(syntax.nameSpan),
      value: this.#placer.place(syntax.value, value),
      range: this.#source.range(syntax),
    };
  }

  #block(block: BlockSyntax, scope: Scope): Block {
    const labels = block.labels.map(
      (label): Label => ({ text: label.text, range: this.#source.range(label) }),
    );
    return {
      type: block.type,
      typeRange: this.#source.range(block.typeSpan),
      labels,
      body: this.expand(block.body, scope),
      range: this.#source.range(block),
    };
  }

  #dynamic(block: BlockSyntax, scope: Scope): Block[] {
    const { content, forEach, iterator, type } = this.#checkDynamic(block);
    const items = this.#evaluator.itemsOf(forEach.value, scope);
    return evaluateAll(items, ([key, value]): Block => {
      this.#evaluator.spend(block, 1);
      const item: Value = new Map([
        ["key", key],
        ["value", value],
      ]);
      const inner = scope.with([[iterator, item]]);
      return {
        type: type.text,
        typeRange: this.#source.range(type),
        labels: this.#labels(block, inner),
        body: this.expand(content.body, inner),
        range: this.#source.range(block),
      };
    });
  }

  #checkDynamic(block: BlockSyntax) {
    const problems: Problem[] = [];
    const [type, ...otherLabels] = block.labels;
    const forEach = block.body.attributes.get("for_each");
    const iterator = iteratorName(block);
    const contents = block.body.blocks.filter((inner) => inner.type === "content");
    const [content] = contents;
    const report = (span: { start: number; end: number }, message: string) =>
      problems.push({ span: { start: span.start, end: span.end }, message });
    for (const { name, nameSpan } of block.body.attributes.values()) {
      if (DYNAMIC_ATTRIBUTES.includes(name)) continue;
      report(nameSpan, `expected for_each, iterator, labels or \`content\`, found \`${name}\``);
    }
    for (const inner of block.body.blocks) {
      if (inner.type !== "content") {
        report(inner.typeSpan, `expected \`content\` in a dynamic block, found \`${inner.type}\``);
      }
    }
    if (type === undefined || otherLabels.length > 0) {
      const found = `${block.labels.length} labels`;
      report(block.typeSpan, `expected the type of the blocks as the only label, found ${found}`);
    }
    if (forEach === undefined) report(block.typeSpan, "expected for_each in a dynamic block");
    if (content === undefined || contents.length > 1 || content.labels.length > 0) {
      const found = `found ${contents.length}`;
      report(block.typeSpan, `expected one \`content\` block without labels, ${found}`);
    }
    if (iterator === null && type !== undefined) {
      report(block.typeSpan, "expected a name without quotes as iterator");
    }
    if (
      problems.length > 0 ||
      type === undefined ||
      forEach === undefined ||
      iterator === null ||
      content === undefined
    ) {
      throw new EvaluationFailure(problems);
    }
    return { content, forEach, iterator, type };
  }

  #labels(block: BlockSyntax, scope: Scope): Label[] {
    const labels = block.body.attributes.get("labels");
    if (labels === undefined) return [];
    const value = this.#evaluator.evaluateKnown(labels.value, scope, "labels");
    const range = this.#source.range(labels.value);
    const texts = isList(value) ? value.map(textOf) : [null];
    return texts.map((text) => {
      if (text !== null) return { text, range };
      const message = `expected a list of texts as labels, found ${describeValue(value)}`;
      throw new EvaluationFailure([{ span: labels.value, message }]);
    });
  }
}
