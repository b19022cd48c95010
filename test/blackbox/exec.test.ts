import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { processesOfNode, untilAgentIsBack } from "./harness/agents.ts";
import { allocationsOf, createGroupPool, shellJob, untilRunning } from "./harness/groups.ts";
import { execEvents, piped, typist } from "./harness/people.ts";
import { isRunning, pidInFile, signal, untilGone } from "./harness/processes.ts";
import { request } from "./harness/request.ts";
import { waitForFile } from "./harness/runs.ts";
import { EXECUTABLE, useSandbox } from "./harness/sandbox.ts";
import { nodeFolder, type ServerProcess, startServer } from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
let server: ServerProcess;
/** Of a job that runs for as long as the tests. */
let alloc: string;
let nodeId: string;

beforeAll(async () => {
  server = await startServer(sandbox);
  await createGroupPool(server.client, 1);
  [alloc, nodeId] = await started("shell");
});

afterAll(() => server.end());

/** A service of one member that runs; its allocation and node. */
async function started(jobId: string): Promise<[string, string]> {
  return await registered(jobId, shellJob(jobId, { script: SERVE }));
}

const SERVE = "echo $$ > main.pid; while :; do sleep 0.05; done";

async function registered(jobId: string, job: Record<string, unknown>): Promise<[string, string]> {
  await server.client.groups.register({ job });
  const [found] = await untilRunning(server.client, jobId, 1);
  if (found === undefined) throw new Error("Expected an allocation.");
  return [found.id.slice(0, 8), found.nodeId];
}

async function exec(words: readonly string[], input: string | Uint8Array = "") {
  const child = piped(sandbox, server, ["alloc", "exec", ...words]);
  child.stdin.write(input);
  await child.stdin.end();
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout, stderr, exitCode };
}

function file(name: string): string {
  return join(sandbox.path, name);
}

function pidIn(name: string): Promise<number> {
  return pidInFile(file(name));
}

test("a command has stdin, both outputs apart, and its exit code is the command line's", async () => {
  const script = "read line; echo out $line; echo err >&2; exit 7";
  expect(await exec([alloc, "sh", "-c", script], "one\n")).toEqual({
    stdout: "out one\n",
    stderr: "err\n",
    exitCode: 7,
  });
  expect(await exec(["-i=false", alloc, "cat"], "unread")).toMatchObject({
    stdout: "",
    exitCode: 0,
  });
  const { exitCode } = await exec([alloc, "sh", "-c", "kill -9 $$"]);
  expect(exitCode).toBe(128 + 9);
});

test("it runs where the task runs: its environment, directory, user and control group", async () => {
  const script =
    "echo $NOMAD_ALLOC_ID $NOMAD_TASK_NAME $(id -u); cat main.pid; cat /proc/self/cgroup";
  const { stdout } = await exec([alloc, "sh", "-c", script]);
  const [line = "", pid = "", ...groups] = stdout.trimEnd().split("\n");
  const [allocation] = await allocationsOf(server.client, "shell");
  expect(line).toBe(`${allocation?.id} main ${process.getuid?.()}`);
  expect(groups.join("\n")).toBe(readFileSync(`/proc/${pid}/cgroup`, "utf8").trimEnd());
});

test("words behind the allocation are the command's, whatever they look like", async () => {
  const { stdout } = await exec([alloc, "printf", "%s,", "-t", "--help", "help", "--", "a b"]);
  expect(stdout).toBe("-t,--help,help,--,a b,");
  const ways = [
    [alloc, "--"],
    ["--", alloc, "--"],
    ["-job", "shell", "-task", "main", "--"],
    // As Nomad has it.
    ["-job", "-task", "main", "shell"],
    ["-job", "-group", "g", "--", "shell"],
    ["-job", "shell", "-group", "g"],
  ];
  for (const way of ways) {
    const outcome = await exec([...way, "echo", "here"]);
    expect([way, outcome]).toEqual([way, { stdout: "here\n", stderr: "", exitCode: 0 }]);
  }
});

/** 20 MiB in all. */
const BLOCKS = 320;
const STILL_LOOKS = 20;

test("much output arrives whole, and a command waits for a slow reader", async () => {
  const bytes = crypto.getRandomValues(new Uint8Array(65_536));
  const block = file("block");
  writeFileSync(block, bytes);
  const expected = createHash("sha256");
  for (let count = 0; count < BLOCKS; count += 1) expected.update(bytes);
  const progress = file("progress");
  const script = `i=0; while [ $i -lt ${BLOCKS} ]; do cat ${block}; i=$((i+1)); echo $i > ${progress}; done`;
  const [go, output] = [file("go"), file("output")];
  const slowly = `"$0" "$@" | { ${waitForFile(go)}; cat; } > ${output}`;
  const words = [EXECUTABLE, "alloc", "exec", "-i=false", alloc, "sh", "-c", script];
  const child = sandbox.spawn(["-c", slowly, ...words], {
    executable: "/bin/sh",
    env: { STINT_DATA: server.data },
  });
  // Nobody reads: it comes to stand, far from the end, and nothing else does.
  let [seen, looks] = ["", 0];
  await until(
    "the command to stand still",
    () => {
      const now = existsSync(progress) ? readFileSync(progress, "utf8") : "";
      looks = now === seen && now !== "" ? looks + 1 : 0;
      seen = now;
      return looks;
    },
    (count) => count > STILL_LOOKS,
  );
  expect(Number(seen)).toBeLessThan(BLOCKS / 2);
  expect((await exec([alloc, "echo", "beside"])).stdout).toBe("beside\n");
  writeFileSync(go, "");
  expect(await child.exited).toBe(0);
  expect(createHash("sha256").update(readFileSync(output)).digest("hex")).toBe(
    expected.digest("hex"),
  );
}, 60_000);

test("much input arrives whole", async () => {
  const input = Buffer.alloc(20 * 1024 * 1024, "The quick brown fox. ");
  const { stdout } = await exec([alloc, "sha256sum"], input);
  expect(stdout.split(" ")[0]).toBe(createHash("sha256").update(input).digest("hex"));
}, 60_000);

test("a person has a terminal: its size, changes of it, Ctrl-C, and the exit code", async () => {
  const person = typist(sandbox, server, ["alloc", "exec", alloc, "sh"]);
  await person.untilShown("$ ".replace("$", process.getuid?.() === 0 ? "#" : "$"));
  person.type("tty; stty size; echo $TERM\r");
  await person.untilShown("/dev/pts/");
  await person.untilShown("30 100");
  await person.untilShown("xterm");
  person.resize(120, 40);
  person.type("while [ \"$(stty size)\" != '40 120' ]; do sleep 0.02; done; echo re''sized\r");
  await person.untilShown("resized");
  person.type("sleep 1000; echo af''ter $?\r");
  await person.untilShown("sleep 1000; echo");
  person.type("\x03");
  // A shell ends the list at the interrupt; the next line is read.
  person.type("echo sti''ll; exit 5\r");
  await person.untilShown("still");
  expect(await person.exited).toBe(5);
  expect(person.shown()).not.toContain("after 0");
});

test("the escape at the start of a line ends the session and its processes", async () => {
  const script = `echo $$ > ${file("escaped.pid")}; exec cat`;
  const person = typist(sandbox, server, ["alloc", "exec", alloc, "sh", "-c", script]);
  const pid = await pidIn("escaped.pid");
  person.type("a~.\r");
  await person.untilShown("a~.\r\na~.\r\n");
  person.type("~.");
  expect(await person.exited).toBe(130);
  await untilGone(pid);
});

test("a program that draws has the whole terminal, and the person has it back afterwards", async () => {
  const inner = 'stty raw; printf "first\\nsecond"; stty sane';
  const words = ["alloc", "exec", alloc, "sh", "-c", inner];
  const person = typist(
    sandbox,
    server,
    ["-c", '"$0" "$@"; stty -a; printf "one\\ntwo"', EXECUTABLE, ...words],
    "/bin/sh",
  );
  expect(await person.exited).toBe(0);
  // A line feed of the program stays one; those of the shell afterwards are ends of lines again.
  expect(person.shown()).toContain("first\nsecond");
  expect(person.shown()).toContain("one\r\ntwo");
  expect(person.shown()).toMatch(/ icanon/);
  expect(person.shown()).toMatch(/ echo /);
});

test("a command ends with the command line that ran it, with all that it has started", async () => {
  const script = `trap '' HUP; (trap '' HUP; while :; do sleep 0.05; done) & echo $! > ${file("child.pid")}; echo $$ > ${file("first.pid")}; while :; do sleep 0.05; done`;
  const child = piped(sandbox, server, ["alloc", "exec", alloc, "sh", "-c", script]);
  const pids = [await pidIn("child.pid"), await pidIn("first.pid")];
  child.kill("SIGKILL");
  await untilGone(...pids);
  const [main] = (await exec([alloc, "cat", "main.pid"])).stdout.split("\n");
  expect(isRunning(Number(main))).toBe(true);
});

test("a command ends with the execution, and the command line says so", async () => {
  const [stopped] = await started("stopped");
  const script = `echo $$ > ${file("stopped.pid")}; exec sleep 1000`;
  const child = piped(sandbox, server, ["alloc", "exec", stopped, "sh", "-c", script]);
  const pid = await pidIn("stopped.pid");
  await server.client.jobs
    .terminate("stopped")
    .catch(() => server.client.groups.stopAllocation(stopped));
  expect(await child.exited).toBe(1);
  expect(await new Response(child.stderr).text()).toStartWith(
    "error: The task ended (it was stopped) while the command ran. (TaskNotRunning)",
  );
  await untilGone(pid);
  const again = await exec([stopped, "true"]);
  expect(again).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("TaskNotRunning") });
});

test("a command that is killed with its task says why, however that ends", async () => {
  const kept = "it is restarted: User requested running tasks to restart";
  const ends: [string, (id: string) => Promise<unknown>][] = [
    [kept, (id) => server.client.groups.restartAllocation(id)],
    ["its process ended", async (id) => void (await exec([id, "touch", "go"]))],
  ];
  for (const [index, [reason, end]] of ends.entries()) {
    const script = "while [ ! -e go ]; do sleep 0.05; done; rm go";
    const jobId = `ending-${index}`;
    const restart = { attempts: 3, delayS: 0 };
    await server.client.groups.register({ job: shellJob(jobId, { script, restart }) });
    const [found] = await untilRunning(server.client, jobId, 1);
    const id = found?.id ?? "";
    const beside = `echo $$ > ${file(`${jobId}.pid`)}; exec sleep 1000`;
    const child = piped(sandbox, server, ["alloc", "exec", id, "sh", "-c", beside]);
    await pidIn(`${jobId}.pid`);
    await end(id);
    const said = await new Response(child.stderr).text();
    expect([await child.exited, said.split("\n")[0]]).toEqual([
      1,
      `error: The task ended (${reason}) while the command ran. (TaskNotRunning)`,
    ]);
    await server.client.jobs.terminate(jobId).catch(() => undefined);
  }
});

test("what cannot be run is told, with the exit codes of a shell", async () => {
  const member = { Driver: "raw_exec", Config: { command: "/bin/sleep", args: ["1000"] } };
  const [several] = await registered("several", {
    ...shellJob("several", { script: SERVE }),
    TaskGroups: [{ Name: "g", Tasks: ["one", "two"].map((Name) => ({ ...member, Name })) }],
  });
  const refused: [string[], number, string][] = [
    [[alloc, "no-such-program"], 127, 'There is no program "no-such-program"'],
    [[alloc, "/etc/passwd"], 126, "Expected an executable file"],
    [["deadbeef", "true"], 1, "ExecutionNotFound"],
    [["999999", "true"], 1, "There is no execution 999999"],
    [[several, "true"], 1, "they are one (running), two (running)"],
    [["-task", "three", several, "true"], 1, 'got "three"'],
    [["-t", alloc, "true"], 1, "Expected a terminal for -t"],
    [["-it", alloc, "true"], 1, "Expected a terminal for -t"],
    [["-job", "shell", "-group", "h", "true"], 1, "an execution of group h of shell that runs"],
    [["-group", "g", alloc, "true"], 1, "Expected -group together with -job"],
    [["-job", "shell", alloc, "true"], 127, "name the job or the allocation, not both"],
    [["-job", "nothing", "true"], 1, "JobNotFound"],
    [[alloc], 1, "Expected a command to run and got none"],
  ];
  for (const [words, exitCode, text] of refused) {
    const outcome = await exec(words);
    expect([words, outcome]).toEqual([
      words,
      { stdout: "", exitCode, stderr: expect.stringContaining(text) },
    ]);
  }
  expect(
    (await exec(["-member", "two", several, "sh", "-c", "echo $NOMAD_TASK_NAME"])).stdout,
  ).toBe("two\n");
});

test("a command runs inside a task of a batch job, too", async () => {
  const commandLine = "/bin/sh -c 'echo $$ > main.pid; while :; do sleep 0.05; done'";
  await server.client.jobs.create({
    id: "batch",
    poolInfo: { poolId: "services" },
    tasks: [{ id: "task", commandLine }],
  });
  const live = async () =>
    (await server.client.executions.list({ jobId: "batch", live: true })).items;
  const [execution] = await until("the task to run", live, ([one]) => one?.state === "running");
  const number = String(execution?.number);
  await until(
    "its process",
    () => exec([number, "cat", "main.pid"]),
    ({ exitCode }) => exitCode === 0,
  );
  const script = "echo $AZ_BATCH_TASK_ID; cat main.pid; cat /proc/self/cgroup";
  const { stdout } = await exec([number, "sh", "-c", script]);
  const [id, pid, ...groups] = stdout.trimEnd().split("\n");
  expect(id).toBe("task");
  expect(groups.join("\n")).toBe(readFileSync(`/proc/${pid}/cgroup`, "utf8").trimEnd());
  await server.client.jobs.delete("batch");
});

test("who ran what, and how it ended, is on record", async () => {
  await exec([alloc, "sh", "-c", "exit 4", "noted"]);
  const found = await until(
    "both events",
    async () =>
      (await server.client.events.list({ type: ["ExecStartEvent", "ExecEndEvent"] })).items
        .map(({ operationName, properties }) => ({ operationName, ...properties }))
        .filter((event) => JSON.stringify(event).includes("noted")),
    (events) => events.length === 2,
  );
  const common = {
    jobId: "shell",
    taskId: "shell.g[0]",
    member: "main",
    user: "administrator",
    command: ["sh", "-c", "exit 4", "noted"],
    terminal: false,
  };
  expect(found.map(({ operationName }) => operationName)).toEqual([
    "ExecStartEvent",
    "ExecEndEvent",
  ]);
  expect(found[0]).toMatchObject(common);
  expect(found[1]).toMatchObject({ ...common, executionInfo: { exitCode: 4 } });
});

test("only operators may run commands, and a session is for the token that made it", async () => {
  const { execution } = await server.client.groups.allocation(alloc);
  const { token } = await server.client.tokens.createApiToken({ name: "guest", role: 3 });
  const body = { command: ["true"] };
  const path = `/executions/${execution}/exec`;
  expect((await request({ ...server, token }, `POST ${path}`, body)).status).toBe(403);
  const { sessionId } = await server.client.executions.exec(execution, body);
  const other = await server.client.tokens.createApiToken({ name: "other", role: 2 });
  const stream = `GET /exec-sessions/${sessionId}/stream`;
  const upgrade = { connection: "Upgrade", upgrade: "websocket" };
  const refused = await request({ ...server, token: other.token }, stream, undefined, upgrade);
  expect(refused).toMatchObject({ status: 404, body: { error: { code: "ExecSessionNotFound" } } });
});

test("a client that sends more than there is room for is cut off", async () => {
  const { execution } = await server.client.groups.allocation(alloc);
  const body = { command: ["sleep", "1000"], stdin: true };
  const { sessionId } = await server.client.executions.exec(execution, body);
  const url = `${server.url.replace("http", "ws")}/api/v1/exec-sessions/${sessionId}/stream`;
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${server.token}` } });
  const ended = Promise.withResolvers<string>();
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(String(data)) as { kind: string };
    if (message.kind === "ended") ended.resolve(String(data));
    if (message.kind !== "started") return;
    const frame = new Uint8Array(5 + 32 * 1024);
    for (let count = 0; count < 40; count += 1) socket.send(frame);
  };
  expect(await ended.promise).toContain("ProtocolError");
});

test("a killed agent leaves no command behind", async () => {
  const script = `trap '' HUP; echo $$ > ${file("left.pid")}; while :; do sleep 0.05; done`;
  const child = piped(sandbox, server, ["alloc", "exec", alloc, "sh", "-c", script]);
  const pid = await pidIn("left.pid");
  const folder = await nodeFolder(server, nodeId);
  const [agent] = processesOfNode(sandbox, folder).agents;
  signal(agent?.pid ?? 0, "SIGKILL");
  expect(await child.exited).toBe(1);
  expect(await new Response(child.stderr).text()).toContain("NodeNotReachable");
  await untilAgentIsBack(sandbox, server, nodeId, agent?.pid ?? 0);
  await untilGone(pid);
  const [main] = (await exec([alloc, "cat", "main.pid"])).stdout.split("\n");
  expect(isRunning(Number(main))).toBe(true);
});

test("of a job with several groups an execution with the named task is chosen", async () => {
  const task = (Name: string) => ({
    Name,
    Tasks: [{ Name, Driver: "raw_exec", Config: { command: "/bin/sleep", args: ["1000"] } }],
  });
  const job = { ...shellJob("two", { script: SERVE }), TaskGroups: [task("web"), task("db")] };
  await server.client.groups.register({ job });
  await untilRunning(server.client, "two", 2);
  for (const name of ["web", "db"]) {
    const words = ["-job", "two", "-task", name, "sh", "-c", "echo $NOMAD_TASK_NAME"];
    expect(await exec(words)).toEqual({ stdout: `${name}\n`, stderr: "", exitCode: 0 });
  }
  const none = await exec(["-job", "two", "-task", "cache", "true"]);
  expect(none).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("in which cache runs"),
  });
  await server.client.jobs.terminate("two").catch(() => undefined);
});

test("a command ends with its server, and the command line says so", async () => {
  for (const name of ["SIGTERM", "SIGKILL"] as const) {
    const script = `echo $$ > ${file(`${name}.pid`)}; exec sleep 1000`;
    const child = piped(sandbox, server, ["alloc", "exec", alloc, "sh", "-c", script]);
    const pid = await pidIn(`${name}.pid`);
    const { data } = server;
    await server.end(name);
    expect(await child.exited).toBe(1);
    expect(await new Response(child.stderr).text()).toContain(
      name === "SIGTERM" ? "The server was stopped" : "The connection to the server ended",
    );
    await untilGone(pid);
    server = await startServer(sandbox, { data });
    await untilRunning(server.client, "shell", 1);
    await until(
      "the node to be back",
      () => exec([alloc, "true"]),
      ({ exitCode }) => exitCode === 0,
    );
    // Also of a server that could not say it any more.
    await until(
      "its end on record",
      () => execEvents(server.client, `${name}.pid`),
      (events) => events.join() === "ExecStartEvent,ExecEndEvent",
    );
  }
}, 60_000);
