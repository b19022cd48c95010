import { checkConfig } from "./decode/config.ts";
import { readBlock } from "./read/block.ts";
import { Reading } from "./read/reading.ts";
import { inOrder, type JobOptions, otherIssues, readJob } from "./readJob.ts";
import { JOB } from "./schema/jobs.ts";
import { TASK } from "./schema/members.ts";
import type { BlockSchema } from "./schema/schema.ts";
import type { Block, Body, Finding } from "./tree.ts";

/**
 * What is wrong with a job of which something could not be evaluated, beside that. Groups of which all is known are
 * checked as ever; of others, where a default would stand for what is not known, only what is written is: names, kinds
 * of values, what is refused or missing.
 */
export function partialFindings(body: Body, options: JobOptions): readonly Finding[] {
  const [job] = body.blocks.filter(({ type }) => type === "job");
  if (job === undefined || isWhole(body)) return readJob(body, options).findings;
  const parts = job.body.blocks.filter(isGroup);
  const own = { ...job.body, blocks: job.body.blocks.filter((block) => !isGroup(block)) };
  const reading = new Reading(options.refuses ?? true);
  if (!isWhole(own)) {
    otherIssues(body, reading);
    checkWritten(job, JOB, reading);
    return inOrder(reading.findings);
  }
  const broken = parts.filter((part) => !isWhole(part.body));
  const rest = withoutParts(body, job, broken);
  for (const part of broken) {
    const schema = JOB.blocks[part.type === "task" ? "task" : "group"].schema?.();
    if (schema !== undefined) checkWritten(part, schema, reading);
  }
  const found = readJob(rest, options).findings.filter(({ code }) => code !== "groups_missing");
  return inOrder([...found, ...reading.findings]);
}

function isGroup({ type }: Block): boolean {
  return type === "group" || type === "task";
}

function isWhole({ unread = [], blocks }: Body): boolean {
  return unread.length === 0 && blocks.every((block) => isWhole(block.body));
}

function withoutParts(body: Body, job: Block, parts: readonly Block[]): Body {
  const blocks = job.body.blocks.filter((block) => !parts.includes(block));
  const rest = { ...job, body: { ...job.body, blocks } };
  return { ...body, blocks: body.blocks.map((block) => (block === job ? rest : block)) };
}

/** Each block by the table alone, without the rules that look at several values. */
function checkWritten(block: Block, schema: BlockSchema, reading: Reading): void {
  const read = readBlock(block, schema, reading);
  if (schema.name === "task") {
    const { driver } = readBlock(block, TASK, reading).written;
    if (driver !== undefined) checkConfig(read, driver, reading);
  }
  for (const [name, child] of Object.entries(schema.blocks)) {
    const inner = name === "config" ? undefined : child.schema?.();
    if (inner === undefined) continue;
    for (const each of read.children(name)) checkWritten(each, inner, reading);
  }
}
