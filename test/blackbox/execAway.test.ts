import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { EXEC_WINDOW_BYTES } from "../../src/protocol/node/exec.ts";
import { processesOfNode, untilAgentIsBack } from "./harness/agents.ts";
import { createGroupPool, shellJob, untilRunning } from "./harness/groups.ts";
import { execEvents, piped, typist } from "./harness/people.ts";
import { isRunning, pidInFile, signal, untilGone } from "./harness/processes.ts";
import { EXECUTABLE, useSandbox } from "./harness/sandbox.ts";
import { nodeFolder, type ServerProcess, startServer } from "./harness/server.ts";
import { until } from "./harness/until.ts";

/** How people get away from commands, and commands from nobody. */

const sandbox = useSandbox();
let server: ServerProcess;
let alloc: string;
let nodeId: string;

beforeAll(async () => {
  server = await startServer(sandbox);
  await createGroupPool(server.client, 1);
  const job = shellJob("shell", { script: "while :; do sleep 0.05; done" });
  await server.client.groups.register({ job });
  const [found] = await untilRunning(server.client, "shell", 1);
  if (found === undefined) throw new Error("Expected an allocation.");
  [alloc, nodeId] = [found.id.slice(0, 8), found.nodeId];
});

afterAll(() => server.end());

function file(name: string): string {
  return join(sandbox.path, name);
}

/** Stops the process with all its threads until what is returned is called. */
function held(pid: number): () => void {
  signal(pid, "SIGSTOP");
  return () => void signal(pid, "SIGCONT");
}

async function agentPid(): Promise<number> {
  const [agent] = processesOfNode(sandbox, await nodeFolder(server, nodeId)).agents;
  return agent?.pid ?? 0;
}

test("a person gets away from a command that does not begin", async () => {
  for (const keys of ["~.", "\x03"]) {
    const letGo = held(await agentPid());
    const word = `stuck-${keys.charCodeAt(0)}`;
    const person = typist(sandbox, server, ["alloc", "exec", alloc, "echo", word]);
    await until(
      "it to be asked for",
      () => execEvents(server.client, word),
      ({ length }) => length > 0,
    );
    person.type(keys);
    expect(await person.exited).toBe(130);
    letGo();
    await until(
      "its end on record",
      () => execEvents(server.client, word),
      ({ length }) => length === 2,
    );
  }
});

test("what ends the command line itself is told by its exit code", async () => {
  const piping = '{ "$0" "$@"; echo "$?" >&2; } | head -1';
  const head = sandbox.spawn(
    ["-c", piping, EXECUTABLE, "alloc", "exec", "-i=false", alloc, "yes"],
    {
      executable: "/bin/sh",
      env: { STINT_DATA: server.data },
    },
  );
  const [said, code] = await Promise.all([
    new Response(head.stdout).text(),
    new Response(head.stderr).text(),
  ]);
  expect([said, code]).toEqual(["y\n", "141\n"]);
  const signals = [
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const;
  for (const [name, exitCode] of signals) {
    const script = "echo rea''dy; exec sleep 1000";
    const person = typist(sandbox, server, ["alloc", "exec", alloc, "sh", "-c", script]);
    await person.untilShown("ready");
    signal(person.pid, name);
    expect(await person.exited).toBe(exitCode);
  }
});

test("a person gets away from a server that does not answer", async () => {
  const script = `echo rea''dy; exec sleep 1000`;
  const person = typist(sandbox, server, ["alloc", "exec", alloc, "sh", "-c", script]);
  await person.untilShown("ready");
  const letGo = held(server.pid);
  person.type("~.");
  expect(await person.exited).toBe(130);
  letGo();
});

test("the escape is seen behind more than the command has room for", async () => {
  const script = "stty raw -echo; echo rea''dy; exec sleep 1000";
  const person = typist(sandbox, server, ["alloc", "exec", alloc, "sh", "-c", script]);
  await person.untilShown("ready");
  for (let typedBytes = 0; typedBytes < 2 * EXEC_WINDOW_BYTES; typedBytes += 1_024) {
    person.type(`${"x".repeat(1_023)}\r`);
  }
  person.type("~.");
  expect(await person.exited).toBe(130);
});

test("what has left its session keeps neither a place nor the agent", async () => {
  const writer = `trap "" HUP PIPE; echo $$ > ${file("writer.pid")}; while :; do echo x; sleep 0.05; done`;
  const script = `setsid sh -c '${writer}' & echo $$ > ${file("beside.pid")}; exec sleep 1000`;
  const child = piped(sandbox, server, ["alloc", "exec", alloc, "sh", "-c", script]);
  const [writerPid, besidePid] = [
    await pidInFile(file("writer.pid")),
    await pidInFile(file("beside.pid")),
  ];
  child.kill("SIGKILL");
  await untilGone(besidePid);
  expect(isRunning(writerPid)).toBe(true);
  const before = await agentPid();
  signal(before, "SIGTERM");
  await untilGone(before);
  await untilAgentIsBack(sandbox, server, nodeId, before);
  signal(writerPid, "SIGKILL");
});

test("an agent that is stopped ends its commands first, and says so", async () => {
  const script = `trap '' HUP; echo $$ > ${file("stopping.pid")}; while :; do sleep 0.05; done`;
  const child = piped(sandbox, server, ["alloc", "exec", alloc, "sh", "-c", script]);
  const pid = await pidInFile(file("stopping.pid"));
  const before = await agentPid();
  signal(before, "SIGTERM");
  expect(await child.exited).toBe(1);
  expect(await new Response(child.stderr).text()).toContain("The agent of the node was stopped");
  await untilGone(pid, before);
  await untilAgentIsBack(sandbox, server, nodeId, before);
});
