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

export const TASK = `task "t" {
      driver = "raw_exec"
      config { command = "/x" }
    }`;

/** A job with text in its group, which begins on line 3. */
export function inGroup(text: string, type = "service"): string {
  return `job "j" {
  type = "${type}"
  group "g" {
    ${text}
    ${TASK}
  }
}
`;
}

/** A job with text in its task, which begins on line 4. */
export function inTask(text: string): string {
  return `job "j" {
  group "g" {
    task "t" {
      ${text}
      driver = "raw_exec"
      config { command = "/x" }
    }
  }
}
`;
}

/** A check on line 6, its text on line 7. */
export function inCheck(text: string, service = 'port = "80"'): string {
  return inGroup(`service {
      ${service}
      check {
        ${text}
      }
    }`);
}

export const OK_CHECK = `type = "tcp"
interval = "10s"
timeout = "2s"`;
