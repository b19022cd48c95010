import { isAbsolute, join } from "node:path";
import type { ErrorDetail } from "../../protocol/api/check.ts";
import { BODY_DEPTH_EXPECTED, isDeeper } from "../../protocol/api/depth.ts";
import { type JobAdd, jobMistakes, taskMistakes } from "../../protocol/api/job.ts";
import type { TaskAdd } from "../../protocol/api/task.ts";
import { CliError } from "../failure.ts";
import type { Session } from "../session.ts";
import { isTextDeeper } from "./depth.ts";
import { SourceDocument } from "./document.ts";
import { fileError, type Misfit, misfits } from "./fileError.ts";
import { offsetOfJsonError } from "./jsonError.ts";

/** A file as it was read. */
export interface Source {
  /** As people know it, `stdin` for `-`. */
  readonly name: string;
  readonly document: SourceDocument;
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

/** A file's text; `name` as people know it. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** Reads YAML or JSON; `-` is stdin. Throws CliError with name, line and column. */
export async function readSource(session: Session, path: string): Promise<Source> {
  return parseSource(await readText(session, path));
}

/** `-` is stdin. Throws CliError where it can not be read. */
export async function readText(session: Session, path: string): Promise<NamedText> {
  if (path === "-") return { name: "stdin", text: await readStdin(session) };
  return { name: path, text: await readFile(session, path) };
}

/** Parses YAML or JSON. Throws CliError with name, line and column. */
export function parseSource({ name, text }: NamedText): Source {
  try {
    return sourceOf(name, text);
  } catch (cause) {
    // The parser of YAML calls itself for each level.
    throw cause instanceof RangeError ? tooDeep(name) : cause;
  }
}

function sourceOf(name: string, text: string): Source {
  if (isTextDeeper(text)) throw tooDeep(name);
  const document = new SourceDocument(text);
  // What begins as JSON is to be JSON, although YAML would be content with less.
  const isJson = /^\s*[{[]/.test(text) && !/\.ya?ml$/i.test(name);
  const value = isJson ? jsonOf(name, text, document) : yamlOf(name, document);
  if (isDeeper(value)) throw tooDeep(name);
  return { name, document, value };
}

function tooDeep(name: string): CliError {
  return new CliError(`${name}: Expected ${BODY_DEPTH_EXPECTED} and got more.`, { fix: CORRECT });
}

function jsonOf(name: string, text: string, document: SourceDocument): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const position = document.at(offsetOfJsonError(text));
    throw fileError(name, [{ position, message: `${reasonOf(cause)}.`, fix: CORRECT }]);
  }
}

function yamlOf(name: string, document: SourceDocument): unknown {
  const error = document.syntaxError();
  if (error !== null) throw fileError(name, [{ ...error, fix: CORRECT }]);
  try {
    return document.value();
  } catch (cause) {
    if (cause instanceof RangeError) throw cause;
    throw new CliError(`${name}: ${reasonOf(cause)}.`, { fix: CORRECT, cause });
  }
}

const CORRECT = "Correct the file.";

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function readStdin({ io }: Session): Promise<string> {
  return io.readStdin === undefined ? Bun.stdin.text() : io.readStdin();
}

async function readFile({ io }: Session, path: string): Promise<string> {
  const full = isAbsolute(path) ? path : join(io.currentFolder ?? process.cwd(), path);
  try {
    return await Bun.file(full).text();
  } catch (cause) {
    const fix = "Give the path of a job file.";
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const reason = isMissing ? "there is no such file" : reasonOf(cause);
    throw new CliError(`Could not read ${path}: ${reason}.`, { fix, cause });
  }
}

/** The job of a file. Throws CliError with everything in it that does not fit. */
export function jobOf(source: Source, overrides: Overrides): JobFile {
  const { value } = source;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CliError(
      `${source.name}: Expected a job, an object with the fields id, poolInfo and tasks, and got ${nounOf(value)}.`,
      { fix: "Write the job as the API takes it: see `POST /jobs` in the API's documentation." },
    );
  }
  const body = overridden(value, overrides);
  refuseMistakes(source, jobMistakes(body), (field) => optionOf(field, overrides));
  // As nothing was found, it is one.
  const { tasks = [], ...job } = body as JobAdd;
  return { job, tasks };
}

function nounOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  return Array.isArray(value) ? "a list" : JSON.stringify(value).slice(0, 60);
}

function overridden(value: object, { id, poolId }: Overrides): object {
  return {
    ...value,
    ...(id === undefined ? {} : { id }),
    ...(poolId === undefined ? {} : { poolInfo: { poolId } }),
  };
}

/** The option that a field came from; undefined for one of the file. */
function optionOf(field: string, { id, poolId }: Overrides): string | undefined {
  if (field === "id" && id !== undefined) return "-id,--id";
  return field === "poolInfo.poolId" && poolId !== undefined ? "-pi,--poolid" : undefined;
}

/** Tasks of a file that holds nothing else: a list, or an object with the field tasks. */
export function tasksOf(source: Source): readonly TaskAdd[] {
  const { value } = source;
  const isObject = typeof value === "object" && value !== null;
  const items = isObject && "tasks" in value ? value.tasks : value;
  if (!Array.isArray(items) || items.length === 0) {
    const given = Array.isArray(items) ? "an empty one" : nounOf(items);
    throw new CliError(
      `${source.name}: Expected a list of tasks, or an object with the field tasks, and got ${given}.`,
      { fix: "Write each task as the API takes it: id and commandLine at least." },
    );
  }
  refuseMistakes(source, taskMistakes(items));
  return items as TaskAdd[];
}

function refuseMistakes(
  { name, document, value }: Source,
  errors: readonly ErrorDetail[],
  optionOfField: (field: string) => string | undefined = () => undefined,
): void {
  // A list of tasks alone is spoken of as if it were in a field of that name.
  const placeOf = (field: string) => (Array.isArray(value) ? field.replace(/^tasks/, "") : field);
  const found: Misfit[] = [
    ...document.repeatedKeys().map((mistake) => ({ ...mistake, fix: "Remove one of them." })),
    ...misfits(errors, document, placeOf, optionOfField),
  ];
  if (found.length > 0) throw fileError(name, found);
}
