import { ApiError } from "../../client/apiError.ts";
import type { Client } from "../../client/client.ts";
import { counted } from "../../model/counted.ts";
import { CliError, UsageError } from "../failure.ts";
import { type JobFileForm, readForm } from "../groupFile/groupFile.ts";
import type { GivenVariables } from "../groupFile/variables.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { type JobFile, jobOf, type Source } from "./jobFile.ts";
import { awaitOutcome } from "./outcome.ts";
import { runGroups } from "./runGroups.ts";
import { submitJob } from "./submitJob.ts";

export interface JobRunOptions extends GivenVariables {
  readonly file: string;
  readonly wait: boolean;
  readonly detach: boolean;
  readonly id: string | undefined;
  readonly poolId: string | undefined;
  readonly checkIndex: number | undefined;
}

export async function run(session: Session, options: JobRunOptions): Promise<number> {
  const form = await readForm(session, options.file);
  refuseMisplaced(form.kind, options);
  if (form.kind === "groups") return await runGroups(session, form, options);
  return await runTasks(session, form.source, options);
}

/** An option that would be passed over is refused. */
function refuseMisplaced(kind: JobFileForm["kind"], options: JobRunOptions): void {
  const ofTasks: Given[] = [
    ["-id,--id", options.id !== undefined],
    ["-pi,--poolid", options.poolId !== undefined],
    ["-wa,--wait", options.wait],
  ];
  const ofGroups: Given[] = [
    ["-va,--var", options.var.length > 0],
    ["-vf,--var-file", options.varFile.length > 0],
    ["-ci,--check-index", options.checkIndex !== undefined],
  ];
  const found = (kind === "tasks" ? ofGroups : ofTasks).find(([, isGiven]) => isGiven);
  if (found === undefined) return;
  const [wanted, given] = kind === "tasks" ? ["groups", "tasks"] : ["tasks", "groups"];
  throw new UsageError(
    `Expected ${found[0]} only with a job of ${wanted} and got one of ${given}.`,
  );
}

type Given = readonly [option: string, isGiven: boolean];

async function runTasks(session: Session, source: Source, options: JobRunOptions): Promise<number> {
  const file = jobOf(source, options);
  const { id } = file.job;
  const count = file.tasks.length;
  if (count === 0 && options.wait) throw nothingToWaitFor(source.name, id);
  const client = await session.client();
  await submit(session, client, file, options);
  const tasks = count === 0 ? "without tasks" : `with ${counted(count, "task")}`;
  const sentence = `${id} has been created successfully ${tasks}.`;
  if (!options.wait) {
    const exitCode = await printDone(session, sentence, { id, tasks: count });
    if (count === 0) await session.note(emptyNote(file));
    return exitCode;
  }
  await session.note(sentence);
  return await awaitOutcome(session, client, id);
}

/** Before anything is sent: such a wait would have no end to wait for, or none worth it. */
function nothingToWaitFor(name: string, id: string): CliError {
  return new CliError(`Expected tasks to wait for in ${name} and got none.`, {
    fix: `Add tasks to the file; or run it without --wait, add tasks with \`stint jobtask add ${id}\`, then wait with \`stint job wait ${id}\`.`,
  });
}

function emptyNote({ job }: JobFile): string {
  const ends = job.onAllTasksComplete?.toLowerCase() === "terminatejob";
  if (ends) return "The file has no tasks, and so the job ends at once (onAllTasksComplete).";
  return `The file has no tasks. Add some with \`stint jobtask add ${job.id}\`.`;
}

async function submit(
  session: Session,
  client: Client,
  file: JobFile,
  options: JobRunOptions,
): Promise<void> {
  try {
    await submitJob(session, client, file);
  } catch (cause) {
    if (!(cause instanceof ApiError) || cause.code !== "JobExists") throw cause;
    const { id } = file.job;
    const fix = `Run it under another id with \`stint job run ${options.file} -id ID\`, or remove that job first with \`stint job delete ${id}\`.`;
    throw new CliError(`${cause.message} (${cause.code})`, { fix, cause });
  }
}
