import { read } from "./hcl/testReader.ts";
import { type JobOptions, type JobReading, readJob } from "./readJob.ts";

/** Reads a job file's text, which is HCL without anything from outside. */
export function readText(text: string, options: Partial<JobOptions> = {}): JobReading {
  const { body, findings } = read(text);
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
