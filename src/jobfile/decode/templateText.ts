import type { TemplateSpec } from "../../model/group.ts";
import { FUNCTIONS } from "../../model/template/functions.ts";
import type { TemplateError } from "../../model/template/lexer.ts";
import { readTemplate, UnknownFunction } from "../../model/template/parser.ts";
import { maskReferences } from "../../model/template/references.ts";
import type { ReadBlock } from "../read/block.ts";
import type { Reading } from "../read/reading.ts";
import { nearest } from "../read/suggest.ts";
import type { TEMPLATE } from "../schema/members.ts";

export type TemplateBlock = ReadBlock<typeof TEMPLATE.attributes>;

/** Empty ones are the usual ones, as in Go. */
export function delimitersOf({
  written,
}: TemplateBlock): Pick<TemplateSpec, "leftDelimiter" | "rightDelimiter"> {
  return {
    leftDelimiter: written.left_delimiter || "{{",
    rightDelimiter: written.right_delimiter || "}}",
  };
}

/**
 * Tells of what in a template's own text no node could render, at its place. One from a file of the task's directory
 * is read on the node only.
 */
export function templateIssues(block: TemplateBlock, reading: Reading): void {
  const { source = "", data = "" } = block.written;
  if (source !== "" || data === "" || !reading.refuses) return;
  const { leftDelimiter: left, rightDelimiter: right } = delimitersOf(block);
  for (const mistake of readTemplate(maskReferences(data), { left, right }).mistakes) {
    const { line, column, reason } = mistake;
    const message = `Expected a template that a node can render: in its line ${line}, column ${column}, ${reason}.`;
    reading.error("template_invalid", block.rangeIn("data", mistake), message, fixOf(mistake));
  }
}

function fixOf(mistake: TemplateError): string | undefined {
  if (!(mistake instanceof UnknownFunction)) return mistake.fix ?? undefined;
  const known = Object.keys(FUNCTIONS);
  const meant = nearest(mistake.word, known);
  return meant === null ? `Templates have ${known.join(", ")}.` : `Did you mean ${meant}?`;
}
