import { type GroupJobSpec, readJobBlock } from "./decode/jobs.ts";
import { Reading } from "./read/reading.ts";
import { nearest } from "./read/suggest.ts";
import { type CronCheck, jobIssues } from "./rules/jobRules.ts";
import { type SpecValidators, specIssues } from "./rules/specIssues.ts";
import type { Body, Finding, Range } from "./tree.ts";

export interface JobOptions {
  /** Null: cron expressions are not looked at. */
  readonly cronCheck: CronCheck | null;
  /** Rules of policies and placement, told together with the others at their lines; null: they are not looked at. */
  readonly validators: SpecValidators | null;
  /** Default true: what the engine cannot do is an error at its line. False: it is read as far as it can be. */
  readonly refuses?: boolean;
}

export interface JobReading {
  /** Null: there are errors. */
  readonly spec: GroupJobSpec | null;
  /** In the order of the file, those without a place first. */
  readonly findings: readonly Finding[];
  /** Where a part of the spec stands, as `groups[0].restart.mode`; of what is not written, what it would be in. */
  readonly placeOf: (path: string) => Range | null;
}

/** Reads the one job of a file of any form, and tells of everything that is wrong with it. */
export function readJob(body: Body, options: JobOptions): JobReading {
  const reading = new Reading(options.refuses ?? true);
  const spec = specOf(body, options, reading);
  return {
    spec: reading.hasErrors ? null : spec,
    findings: inOrder(reading.findings),
    placeOf: (path) => reading.placeOf(path),
  };
}

function specOf(body: Body, options: JobOptions, reading: Reading): GroupJobSpec | null {
  const jobs = body.blocks.filter(({ type }) => type === "job");
  const [job, second] = jobs;
  otherIssues(body, reading);
  if (second !== undefined) {
    const message = "Expected one job in the file and got another one.";
    reading.error("job_duplicate", second.typeRange, message, "Put it into a file of its own.");
  }
  if (job === undefined) {
    const message = "Expected a job in the file and found none.";
    reading.error("job_missing", body.range, message, 'Write job "ID" { ... }.');
    return null;
  }
  const spec = readJobBlock(job, reading);
  jobIssues(spec, options.cronCheck, reading);
  const issues = options.validators === null ? [] : specIssues(spec, options.validators);
  for (const issue of issues) reading.issue(issue);
  return spec;
}

/** Tells of what stands beside the job. The reader of HCL has taken variables and locals out. */
export function otherIssues(body: Body, reading: Reading): void {
  const known = ["job", "variable", "variables", "locals"];
  const fixFor = (name: string) => {
    const meant = nearest(name, known);
    return meant === null ? "It goes into the job." : `Did you mean ${meant}?`;
  };
  for (const { type, typeRange } of body.blocks) {
    if (type === "job") continue;
    const message = `Expected a job in the file and got a block ${type}.`;
    reading.error("unsupported_block", typeRange, message, fixFor(type));
  }
  for (const { name, nameRange } of [...body.attributes.values(), ...(body.unread ?? [])]) {
    const message = `Expected a job in the file and got an attribute ${name}.`;
    reading.error("unsupported_attribute", nameRange, message, fixFor(name));
  }
}

/** In the order of the file, those without a place first. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => rankOf(a) - rankOf(b));
}

const COLUMNS_MAX = 1e6;

function rankOf({ range }: Finding): number {
  return range === null ? 0 : range.start.line * COLUMNS_MAX + range.start.column;
}
