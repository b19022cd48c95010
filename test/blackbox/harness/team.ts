import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Outcome, Sandbox } from "./sandbox.ts";
import type { ServerProcess } from "./server.ts";

export const PASSWORD = "secret-1\n";

/** Somebody with a folder and a login of their own. */
export interface Person {
  readonly env: Readonly<Record<string, string>>;
  run(words: readonly string[], input?: string): Promise<Outcome>;
  /** What it printed, of a line that is split at blanks and further words; throws when the command fails. */
  said(line: string, more?: readonly string[], input?: string): Promise<string>;
}

export function person(sandbox: Sandbox, { url }: Pick<ServerProcess, "url">, id: string): Person {
  const env = { HOME: sandbox.folder(id), STINT_SERVER: url };
  const run = (words: readonly string[], input?: string) =>
    sandbox.run(words, { env, ...(input === undefined ? {} : { input }) });
  return {
    env,
    run,
    async said(line, more = [], input) {
      const { exitCode, stdout, stderr } = await run([...line.split(" "), ...more], input);
      if (exitCode !== 0) throw new Error(`stint ${line}: ${exitCode}\n${stdout}${stderr}`);
      return stdout;
    },
  };
}

/** Somebody with an account of that role, who is logged in. */
export async function newPerson(
  sandbox: Sandbox,
  server: ServerProcess,
  id: string,
  role: number,
): Promise<Person> {
  const one = person(sandbox, server, id);
  const account = `user create -id ${id} -nm ${id} -pn 1 -ea ${id}@example.org`;
  await one.said(account, [], PASSWORD + PASSWORD);
  await server.client.users.edit(id, { role, status: "enable" });
  await one.said(`user login -id ${id}`, [], PASSWORD);
  return one;
}

export interface Team {
  readonly sandbox: Sandbox;
  readonly operator: Person;
  readonly manager: Person;
  /** The manager's id. */
  readonly managerId: string;
}

/** The operator writes the script, as a definition that runs on demand as the agent's own account on these nodes. */
export async function write(
  { sandbox, operator }: Team,
  id: string,
  script: string,
  nodeIds: readonly string[],
  more: readonly string[] = [],
): Promise<void> {
  const file = join(sandbox.folder("script"), `${id}.sh`);
  writeFileSync(file, script);
  await operator.said(`task create -id ${id} -sf ${file} -eo E -ou`, ["", ...more]);
  if (nodeIds.length > 0) await operator.said(`task addtarget -id ${id} -nd ${nodeIds.join(",")}`);
}

/** The operator asks and the manager accepts: it is the next revision. */
export async function approve({ operator, manager, managerId }: Team, id: string): Promise<void> {
  await operator.said(`approval request -id ${id} -ai ${managerId}`);
  await manager.said(`approval accept -id ${id}`);
}

/** The number of the run that the person starts. */
export async function start(by: Person, id: string, more: readonly string[] = []): Promise<number> {
  const said = await by.said(`task run -id ${id}`, more);
  const [, number] = /^task-instance #(\d+) has been created successfully\.\n$/.exec(said) ?? [];
  if (number === undefined) throw new Error(`Expected the number of a run, got ${said}`);
  return Number(number);
}
