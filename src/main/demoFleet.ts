import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCli } from "../cli/cli.ts";
import { type Client, createClient } from "../client/client.ts";
import type { FleetFacts } from "./demoCheck.ts";

const TASK_ID = "diskusage";
const SCRIPT = `#!/bin/sh
echo "@STINT.TASK_ID@ #@STINT.TASK_INSTANCE_NO@ on @STINT.NODE_ID@: $*"
df -P /
`;
/** Words for the script, which no shell expands on their way. */
const ARGUMENTS = "$(hostname); date";

export interface DemoServer {
  readonly url: string;
  /** With the administrator's token. */
  readonly client: Client;
  /** For what the people keep. */
  readonly directory: string;
  readonly say: (line?: string) => void;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
}

interface Person {
  readonly id: string;
  readonly token: string;
}

/**
 * The fleet part of the demo: one person writes a script for the nodes, a second one approves it, the first one runs it.
 * Each command is the command line's own.
 */
export async function runFleetDemo(
  demo: DemoServer,
  nodeIds: readonly string[],
): Promise<FleetFacts> {
  const operator = await newPerson(demo, "bumbee", 2);
  const manager = await newPerson(demo, "oprim", 1);
  demo.say(`\n${operator.id}, an operator, writes ${TASK_ID}.sh for both nodes:\n`);
  demo.say(SCRIPT);
  writeFileSync(join(demo.directory, `${TASK_ID}.sh`), SCRIPT);
  const id = ["-id", TASK_ID];
  const lines: [Person, string[]][] = [
    [operator, ["task", "create", ...id, "-sf", `${TASK_ID}.sh`, "-ou", "", "-eo", "E"]],
    [operator, ["task", "addtarget", ...id, "-nd", nodeIds.join(",")]],
    [operator, ["approval", "request", ...id, "-ai", manager.id]],
    [manager, ["approval", "accept", ...id]],
    [operator, ["task", "run", ...id, "-ag", ARGUMENTS, "--follow"]],
    [operator, ["taskinstance", "viewnode", "-in", "1", "-ni", nodeIds[0] ?? ""]],
  ];
  for (const [person, words] of lines) {
    // What went wrong is on stderr, and of what failed nothing builds on can be shown.
    if ((await runAs(demo, person, words)) !== 0) break;
  }
  return await factsOf(demo.client, nodeIds);
}

/** Somebody with a login; the password is nobody's but the demo's. */
async function newPerson({ client, url }: DemoServer, id: string, role: number): Promise<Person> {
  const password = crypto.randomUUID();
  await client.users.create({
    id,
    name: id,
    phone: "010",
    email: `${id}@example.org`,
    password,
  });
  await client.users.edit(id, { role, status: "enable" });
  const { token } = await createClient({ url, token: "" }).users.login(id, password);
  return { id, token };
}

/** Prints the command as it is typed, and what it prints; answers its exit code. */
async function runAs(demo: DemoServer, { id, token }: Person, words: string[]): Promise<number> {
  demo.say(`${id}$ stint ${words.map(shellWord).join(" ")}`);
  let notes = "";
  const exitCode = await runCli(words, {
    stdout: process.stdout,
    stderr: {
      write(chunk, done) {
        notes += typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk);
        done?.();
        return true;
      },
    },
    isTerminal: false,
    columns: 80,
    env: { STINT_SERVER: demo.url, STINT_TOKEN: token, HOME: demo.directory },
    now: Date.now,
    signal: demo.signal,
    currentFolder: demo.directory,
  });
  if (exitCode !== 0) process.stderr.write(notes);
  return exitCode;
}

function shellWord(word: string): string {
  return /^[\w./,@=-]+$/.test(word) ? word : `'${word}'`;
}

async function factsOf(client: Client, nodeIds: readonly string[]): Promise<FleetFacts> {
  const { items } = await client.instances.list();
  const nodes = await Promise.all(
    nodeIds.map(async (nodeId) => {
      if (items.length === 0) return { nodeId, status: "none", exitCode: undefined, stdout: "" };
      const { status, exitCode, stdout } = await client.instances.node(1, nodeId);
      return { nodeId, status, exitCode, stdout: stdout.content };
    }),
  );
  return {
    instances: items.map(({ number, result, runner }) => ({ number, result, runner })),
    firstLine: (nodeId) => `${TASK_ID} #1 on ${nodeId}: ${ARGUMENTS}`,
    nodes,
  };
}
