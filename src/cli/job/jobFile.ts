import { isAbsolute, join } from "node:path";
import { type Checked, check, type ErrorDetail } from "../../protocol/api/check.ts";
import { checkJob, JOB_ADD, type JobAdd } from "../../protocol/api/job.ts";
import { checkTasks, type TaskAdd } from "../../protocol/api/task.ts";
import { CliError } from "../failure.ts";
import type { Session } from "../session.ts";
import { lineOfField, lineOfSyntaxError } from "./textPosition.ts";

/** A file as it was read. */
export interface Source {
  /** As people know it, `stdin` for `-`. */
  readonly name: string;
  readonly text: string;
  readonly value: unknown;
}

/** A job that fits the API, its tasks apart: there may be more of them than one call takes. */
export interface JobFile {
  readonly job: JobAdd;
  readonly tasks: readonly TaskAdd[];
}

/** Fields that the command line puts in place of the file's. */
export interface Overrides {
  readonly id: string | undefined;
  readonly poolId: string | undefined;
}

/** Reads YAML or JSON; `-` is stdin. Throws CliError with name and line. */
export async function readSource(session: Session, path: string): Promise<Source> {
  const name = path === "-" ? "stdin" : path;
  const text = path === "-" ? await readStdin(session) : await readFile(session, path);
  // JSON is YAML too, but its own parser says better what is wrong with it.
  const isJson = /^\s*[{[]/.test(text) && !isYamlName(name);
  try {
    return { name, text, value: isJson ? JSON.parse(text) : parseYaml(text) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const line = lineOfSyntaxError(text, isJson ? parseJson5 : parseYaml);
    throw new CliError(`${name}:${line}: ${reason}.`, { fix: "Correct the file.", cause });
  }
}

const parseJson5 = (text: string): unknown => Bun.JSON5.parse(text);
const parseYaml = (text: string): unknown => Bun.YAML.parse(text);

function isYamlName(name: string): boolean {
  return /\.ya?ml$/i.test(name);
}

function readStdin({ io }: Session): Promise<string> {
  return io.readStdin === undefined ? Bun.stdin.text() : io.readStdin();
}

async function readFile({ io }: Session, path: string): Promise<string> {
  const full = isAbsolute(path) ? path : join(io.currentFolder ?? process.cwd(), path);
  try {
    return await Bun.file(full).text();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(`Could not read ${path}: ${reason}`, {
      fix: "Give the path of a job file.",
      cause,
    });
  }
}

/** The job of a file. Throws CliError that names file, line and field of the first thing that does not fit. */
export function jobOf(source: Source, overrides: Overrides): JobFile {
  const { value } = source;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CliError(
      `${source.name}: Expected a job, an object with the fields id, poolInfo and tasks, and got ${nounOf(value)}.`,
      { fix: "Write the job as the API takes it: see `POST /jobs` in the API's documentation." },
    );
  }
  const { tasks, ...rest } = overridden(value, overrides);
  // What is no list at all is left to the schema to refuse.
  const job = Array.isArray(tasks) || tasks === undefined ? rest : { ...rest, tasks };
  const checked = checkedValue(source, check(JOB_ADD, job));
  checkedValue(source, checkJob(job));
  const items = Array.isArray(tasks) ? tasks : [];
  checkItems(source, items);
  return { job: checked, tasks: items as TaskAdd[] };
}

function nounOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  return Array.isArray(value) ? "a list" : JSON.stringify(value).slice(0, 60);
}

function overridden(value: object, { id, poolId }: Overrides): Record<string, unknown> {
  return {
    ...value,
    ...(id === undefined ? {} : { id }),
    ...(poolId === undefined ? {} : { poolInfo: { poolId } }),
  };
}

/** Tasks of a file that holds nothing else: a list, or an object with the field tasks. */
export function tasksOf(source: Source): readonly TaskAdd[] {
  const { value } = source;
  const isObject = typeof value === "object" && value !== null;
  const items = isObject && "tasks" in value ? value.tasks : value;
  if (!Array.isArray(items)) {
    throw new CliError(
      `${source.name}: Expected a list of tasks, or an object with the field tasks, and got ${nounOf(items)}.`,
      { fix: "Write each task as the API takes it: id and commandLine at least." },
    );
  }
  checkItems(source, items);
  return items as TaskAdd[];
}

function checkItems(source: Source, items: readonly unknown[]): void {
  const errors = checkTasks(items).flatMap((task) => (task.ok ? [] : [task.error]));
  const [first] = errors;
  if (first === undefined) return;
  throw misfit(source, first, errors.length - 1);
}

function checkedValue<Value>(source: Source, checked: Checked<Value>): Value {
  if (checked.ok) return checked.value;
  throw misfit(source, checked.error, 0);
}

function misfit(source: Source, error: ErrorDetail, others: number): CliError {
  const line = error.field === undefined ? null : nearestLine(source, error.field);
  const where = line === null ? source.name : `${source.name}:${line}`;
  const more = others === 0 ? "" : ` (and ${others} more tasks do not fit)`;
  return new CliError(`${where}: ${error.message}${more}`, { fix: error.fix });
}

/** The line of the field or, where it is missing, of what it is missing in. */
function nearestLine({ text, value }: Source, field: string): number | null {
  const parse = parseYaml;
  // A list of tasks alone is addressed as if it were in a field of that name.
  const path = Array.isArray(value) ? field.replace(/^tasks/, "") : field;
  for (let at = path; at !== ""; at = at.replace(/(?:^|\.|\[)[^.[]*$/, "")) {
    const line = lineOfField(text, at, parse);
    if (line !== null) return line;
  }
  return null;
}
