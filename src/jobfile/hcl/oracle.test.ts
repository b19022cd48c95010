// What HashiCorp's own parser makes of the same text. It does not evaluate, so structure and literal values are
// compared; expressions it gives back as `${source}`.
import { expect, test } from "bun:test";
import { parseFile } from "./body.ts";
import { CORPUS, REFUSED_CORPUS } from "./oracleCorpus.ts";
import { Source } from "./source.ts";
import type { BlockSyntax, BodySyntax, Expression, TemplatePart } from "./syntax.ts";
import { numberText } from "./value.ts";

// Imported without its types: they would bring the browser's into the whole project.
const ORACLE: string = "@cdktn/hcl2json";
const { parse } = (await import(ORACLE)) as {
  parse(file: string, text: string): Promise<unknown>;
};

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

class OracleForm {
  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
  }

  #written(expression: Expression): string {
    return `\${${this.#source.text.slice(expression.start, expression.end)}}`;
  }

  #escaped(text: string): string {
    return text.replace(/[$%]\{/g, (opening) => `${opening[0]}${opening}`);
  }

  value(expression: Expression): Json {
    switch (expression.kind) {
      case "literal":
        return typeof expression.value === "string"
          ? this.#escaped(expression.value)
          : expression.value;
      case "template":
        return this.#parts(expression.parts);
      case "wrapped":
        return this.value(expression.inner);
      case "list":
        return expression.items.map((item) => this.value(item));
      case "object":
        return Object.fromEntries(
          expression.entries.map(({ key, value }) => [this.#text(key), this.value(value)]),
        );
      case "unary": {
        const { operand } = expression;
        if (operand.kind !== "literal") return this.#written(expression);
        return expression.operator === "-" ? -Number(operand.value) : operand.value !== true;
      }
      default:
        return this.#written(expression);
    }
  }

  #text(expression: Expression): string {
    const value = this.value(expression);
    return typeof value === "number" ? numberText(value) : String(value);
  }

  #parts(parts: readonly TemplatePart[]): string {
    return parts.map((part) => this.#part(part)).join("");
  }

  #part(part: TemplatePart): string {
    const inner = (expression: Expression) => this.#written(expression).slice(2, -1);
    switch (part.kind) {
      case "text":
        return this.#escaped(part.text);
      case "value":
        return part.value.kind === "literal" ? this.#text(part.value) : this.#written(part.value);
      case "if": {
        const no = part.no.length === 0 ? "" : `%{else}${this.#parts(part.no)}`;
        return `%{if ${inner(part.condition)}}${this.#parts(part.yes)}${no}%{endif}`;
      }
      case "for": {
        const key = part.keyName === null ? "" : `${part.keyName}, `;
        const clause = `${key}${part.valueName} in ${inner(part.collection)}`;
        return `%{for ${clause}}${this.#parts(part.body)}%{endfor}`;
      }
    }
  }

  body(body: BodySyntax): { [key: string]: Json } {
    const result: { [key: string]: Json } = {};
    for (const { name, value } of body.attributes.values()) result[name] = this.value(value);
    for (const block of body.blocks) this.#addBlock(result, block);
    return result;
  }

  #addBlock(result: { [key: string]: Json }, block: BlockSyntax): void {
    let holder = result;
    let name = block.type;
    for (const { text } of block.labels) {
      const inner = (holder[name] ?? {}) as { [key: string]: Json };
      holder[name] = inner;
      holder = inner;
      name = text;
    }
    const list = (holder[name] ?? []) as Json[];
    list.push(this.body(block.body));
    holder[name] = list;
  }
}

for (const [name, text] of Object.entries(CORPUS)) {
  test(`${name} reads as the oracle reads it`, async () => {
    const source = new Source(text, "job.hcl");
    const { body, problems } = parseFile(source);
    expect(problems).toEqual([]);
    const expected: unknown = await parse("job.tf", text);
    expect(new OracleForm(source).body(body)).toEqual(expected as { [key: string]: Json });
  });
}

for (const [name, text] of Object.entries(REFUSED_CORPUS)) {
  test(`${name} is refused, as the oracle refuses it`, async () => {
    expect(parse("job.tf", text)).rejects.toThrow();
    expect(parseFile(new Source(text, "job.hcl")).problems).not.toEqual([]);
  });
}
