import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createGroupPool, shellJob, untilRunning } from "./harness/groups.ts";
import { shell, waitForFile } from "./harness/runs.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { createLocalPool, freePort, startServer } from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
const LINES = 3000;
const ALL = Array.from({ length: LINES }, (_, index) => `line ${index + 1}\n`).join("");

/** Everything that a process writes, as it comes. */
function heard(stream: ReadableStream<Uint8Array>) {
  const seen = { text: "", isOver: false };
  void (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) seen.text += decoder.decode(chunk, { stream: true });
    seen.isOver = true;
  })();
  return seen;
}

test("a log that is followed goes on by itself when its server is started again", async () => {
  const port = freePort();
  let server = await startServer(sandbox, { port });
  await createLocalPool(server.client, "pool", 1, 2);
  const commandLine = shell(
    `i=0; while [ $i -lt ${LINES} ]; do i=$((i+1)); echo line $i; [ $((i % 20)) = 0 ] && sleep 0.02; done; exit 0`,
  );
  const tasks = [{ id: "task", commandLine }];
  await server.client.jobs.create({ id: "job", poolInfo: { poolId: "pool" }, tasks });
  const { executionNumber = 0 } = await until(
    "the task to run",
    () => server.client.tasks.get("job", "task"),
    ({ state }) => state === "running",
  );
  const address = ["--server", server.url];
  const env = { STINT_TOKEN: server.token };
  const logs = [
    ["jobtask", "log", "job", "task", "-f"],
    ["alloc", "log", String(executionNumber), "-f"],
  ].map((words) => {
    const child = sandbox.spawn([...words, ...address], { env });
    return { child, stdout: heard(child.stdout), stderr: heard(child.stderr) };
  });
  const library = server.client.tasks.stdout("job", "task", { follow: true });
  const read = library.then((response) => response.text());
  const SHARE = 8000;
  // Killed, and stopped in an orderly way.
  for (const [index, signal] of (["SIGKILL", "SIGTERM"] as const).entries()) {
    const wanted = SHARE * (index + 1);
    const lengths = () => logs.map(({ stdout }) => stdout.text.length);
    await until(`${wanted} bytes`, lengths, (all) => all.every((length) => length >= wanted));
    await server.end(signal);
    server = await startServer(sandbox, { data: server.data, port });
  }
  for (const { child, stdout, stderr } of logs) {
    expect(await child.exited).toBe(0);
    await until("all that was written", () => stdout.isOver && stderr.isOver, Boolean);
    expect(stdout.text).toBe(ALL);
    const outage =
      "The connection to the server was lost; waiting for it.\nThe connection to the server is back.\n";
    // Said once for each; a server that is about to end may have taken it back for a moment.
    expect(stderr.text).toStartWith(outage + outage);
    expect(stderr.text.replaceAll(outage, "")).toBe("");
  }
  expect(await read).toBe(ALL);
  await server.end();
});

test("what a task wrote to its end while the server was away follows when it is back", async () => {
  const port = freePort();
  let server = await startServer(sandbox, { port });
  await createLocalPool(server.client, "pool", 1, 1);
  const gate = join(sandbox.path, "gate");
  const over = join(sandbox.path, "over");
  // More than travels with a result.
  const rest = `head -c 300000 /dev/zero | tr '\\0' x; touch ${over}`;
  const commandLine = shell(`echo begun; ${waitForFile(gate)}; ${rest}`);
  const tasks = [{ id: "task", commandLine }];
  await server.client.jobs.create({ id: "job", poolInfo: { poolId: "pool" }, tasks });
  const words = ["jobtask", "log", "job", "task", "-f", "--server", server.url];
  const child = sandbox.spawn(words, { env: { STINT_TOKEN: server.token } });
  const stdout = heard(child.stdout);
  const begun = (text: string) => text === "begun\n";
  await until("the first line", () => stdout.text, begun);
  await server.end("SIGKILL");
  await Bun.write(gate, "");
  await until("the task to have written", () => existsSync(over), Boolean);
  server = await startServer(sandbox, { data: server.data, port });
  expect(await child.exited).toBe(0);
  await until("all that was written", () => stdout.isOver, Boolean);
  expect(stdout.text).toBe(`begun\n${"x".repeat(300_000)}`);
  await server.end();
});

test("the log of a group's task goes on by itself over a killed server and over its files", async () => {
  const port = freePort();
  let server = await startServer(sandbox, { port });
  await createGroupPool(server.client, 1);
  const [early, late, over] = ["early", "late", "over"].map((name) => join(sandbox.path, name));
  const word = "x".repeat(1020);
  // More than one file of 1 MiB: one begins before the server goes, the next one while it is away.
  const lines = (from: number, to: number) =>
    `i=${from}; while [ $i -lt ${to} ]; do echo ${word} $i; i=$((i+1)); done`;
  const script = [
    `echo begun; ${waitForFile(early ?? "")}; ${lines(0, 700)}`,
    `${waitForFile(late ?? "")}; ${lines(700, 1400)}; touch ${over}`,
  ].join("; ");
  const task = { LogConfig: { MaxFiles: 4, MaxFileSizeMB: 1 } };
  await server.client.groups.register({ job: shellJob("log", { type: "batch", script, task }) });
  const [allocation] = await untilRunning(server.client, "log", 1);
  const logs = [[], ["-n", "1"]].map((words) => {
    const all = ["alloc", "logs", "-f", ...words, allocation?.id ?? "", "--server", server.url];
    const child = sandbox.spawn(all, { env: { STINT_TOKEN: server.token } });
    return { child, stdout: heard(child.stdout), stderr: heard(child.stderr) };
  });
  const untilAll = async (length: number) => {
    const lengths = () => logs.map(({ stdout }) => stdout.text.length);
    await until(`${length} bytes`, lengths, (all) => all.every((one) => one >= length));
  };
  await untilAll("begun\n".length);
  await Bun.write(early ?? "", "");
  await untilAll(300 * word.length);
  await server.end("SIGKILL");
  await Bun.write(late ?? "", "");
  await until("the task to have written", () => existsSync(over ?? ""), Boolean);
  server = await startServer(sandbox, { data: server.data, port });
  const written = Array.from({ length: 1400 }, (_, index) => `${word} ${index}\n`).join("");
  for (const { child, stdout, stderr } of logs) {
    expect(await child.exited).toBe(0);
    await until("all that was written", () => stdout.isOver && stderr.isOver, Boolean);
    expect(stdout.text === `begun\n${written}`).toBe(true);
    expect(stderr.text).toBe(
      "The connection to the server was lost; waiting for it.\nThe connection to the server is back.\n",
    );
  }
  await server.end();
});
