import type { HclOptions } from "./hcl/options.ts";
import { readHcl } from "./hcl/readHcl.ts";
import { type JobOptions, type JobReading, readJob } from "./readJob.ts";

const PLAIN: HclOptions = {
  variables: [],
  now: 0,
  random: () => 0,
  readFile: null,
  workingDirectory: null,
  homeDirectory: null,
  digest: null,
  bcrypt: null,
  yaml: null,
};

/** Reads a job file's text, which is HCL without anything from outside. */
export function readText(text: string, options: Partial<JobOptions> = {}): JobReading {
  const { body, findings } = readHcl(text, "job.hcl", PLAIN);
  if (body === null) throw new Error(JSON.stringify(findings));
  return readJob(body, { cronCheck: null, validators: null, ...options });
}

/** `code line:column` of all that is found. */
export function findingsOf(text: string, options: Partial<JobOptions> = {}): string[] {
  return readText(text, options).findings.map(({ code, range }) => {
    const { line, column } = range?.start ?? { line: 0, column: 0 };
    return `${code} ${line}:${column}`;
  });
}
