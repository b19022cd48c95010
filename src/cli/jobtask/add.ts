import { counted } from "../../model/counted.ts";
import type { TaskAdd } from "../../protocol/api/task.ts";
import { givenOf, nameValues } from "../command/keyValue.ts";
import { UsageError } from "../failure.ts";
import { printDone } from "../output/json.ts";
import type { Session } from "../session.ts";
import { type ConstraintOptions, constraintsOf } from "./constraints.ts";

export interface TaskAddOptions extends ConstraintOptions {
  readonly jobId: string;
  readonly id: string | undefined;
  readonly command: string | undefined;
  readonly slots: number | undefined;
  readonly env: readonly string[];
  readonly file: string | undefined;
}

export async function run(session: Session, options: TaskAddOptions): Promise<number> {
  const { jobId, id, command, file } = options;
  if (file !== undefined) return await addFrom(session, options, file);
  if (id === undefined || command === undefined) {
    throw new UsageError("Expected -id,--id and -cl,--command, or -fi,--file, and got neither.");
  }
  const client = await session.client();
  const created = await client.tasks.add(jobId, taskOf(id, command, options));
  return await printDone(session, `${id} has been added to ${jobId} successfully.`, created);
}

function taskOf(id: string, commandLine: string, options: TaskAddOptions): TaskAdd {
  const { slots, env } = options;
  return {
    id,
    commandLine,
    ...givenOf({
      requiredSlots: slots,
      constraints: constraintsOf(options),
      environmentSettings:
        env.length === 0 ? undefined : nameValues(env, "NAME=VALUE", "-en,--env"),
    }),
  };
}

async function addFrom(session: Session, options: TaskAddOptions, path: string): Promise<number> {
  const { jobId, id, command } = options;
  if (id !== undefined || command !== undefined) {
    throw new UsageError("Expected tasks by -fi,--file or by -id and -cl, and got both.");
  }
  // The schemas are loaded only where a file is to be checked.
  const { readSource, tasksOf } = await import("../job/jobFile.ts");
  const { addTasks } = await import("../job/submitJob.ts");
  const tasks = tasksOf(await readSource(session, path));
  await addTasks(session, await session.client(), jobId, tasks);
  const verb = tasks.length === 1 ? "has" : "have";
  const sentence = `${counted(tasks.length, "task")} ${verb} been added to ${jobId} successfully.`;
  return await printDone(session, sentence, { jobId, tasks: tasks.length });
}
