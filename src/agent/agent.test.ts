import { expect, test } from "bun:test";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StartOrder } from "../model/order.ts";
import { startTestNode } from "./fixtures/node.ts";
import { startOrder } from "./fixtures/server.ts";
import { until } from "./fixtures/until.ts";
import { readProcessStat } from "./platform/processIdentity.ts";

/** An order whose task and number differ from those of its first try. */
const TRY = { taskId: "task", keepDirectory: true } as const;

/** A zombie runs no more; when it goes is up to its parent. */
function isRunning(pid: string): boolean {
  const state = readProcessStat(Number(pid))?.state ?? "gone";
  return !["Z", "X", "gone"].includes(state);
}

test("a command runs, and its exit code and output come back", async () => {
  await using node = await startTestNode();
  const { server } = node;
  server.order(startOrder(1, "/bin/sh -c 'echo out; echo err >&2; exit 3'"));
  const result = await server.resultOf(1);
  expect(result.outcome).toEqual({ state: "exited", exitCode: 3 });
  expect(result.stdout).toEqual({
    sizeBytes: 4,
    droppedBytes: 0,
    place: { kind: "inline", base64: Buffer.from("out\n").toString("base64") },
  });
  expect(result.stderr.sizeBytes).toBe(4);
  expect(result.startedAt).not.toBeNull();
  expect(result.processes[0]?.cpuMs).not.toBeNull();
});

test("a node joins once with its token and proves itself with its key from then on", async () => {
  await using node = await startTestNode();
  await node.restart({ joinToken: null });
  expect(node.server.joins).toHaveLength(1);
  const [first, second] = node.server.hellos;
  expect(second?.guid).toBe(first?.guid ?? "");
  expect(second?.linkId).not.toBe(first?.linkId);
  const { publicKey, joinToken } = node.server.joins[0] as Record<string, string>;
  expect(joinToken).toBe("token");
  expect(Buffer.from(publicKey ?? "", "base64")).toHaveLength(32);
});

test("bytes that are no text come back as they were", async () => {
  await using node = await startTestNode();
  node.server.order(startOrder(1, String.raw`printf '\377\000\376'`));
  const { stdout } = await node.server.resultOf(1);
  expect(stdout.place).toEqual({
    kind: "inline",
    base64: Buffer.from([255, 0, 254]).toString("base64"),
  });
});

test("a process killed from elsewhere is reported with its signal", async () => {
  await using node = await startTestNode();
  node.server.order(startOrder(1, "/bin/sh -c 'kill -9 $$'"));
  const { outcome } = await node.server.resultOf(1);
  expect(outcome).toEqual({ state: "killed", signal: 9, reason: null });
});

test("a program that is not there, not executable or badly quoted is a failure of its own", async () => {
  await using node = await startTestNode();
  const plain = join(node.root, "shared", "plain");
  writeFileSync(plain, "no program", { mode: 0o644 });
  node.server.order(
    startOrder(1, "no-such-program --flag"),
    startOrder(2, plain),
    startOrder(3, "echo 'open"),
    startOrder(4, "./missing"),
  );
  const codes = [];
  for (const execution of [1, 2, 3, 4]) {
    const { outcome, startedAt } = await node.server.resultOf(execution);
    expect(startedAt).toBeNull();
    codes.push(outcome.state === "failedToStart" ? outcome.failure.code : outcome.state);
  }
  expect(codes).toEqual([
    "CommandProgramNotFound",
    "CommandLaunchFailed",
    "CommandLaunchFailed",
    "CommandProgramNotFound",
  ]);
});

test("a file that the kernel cannot run fails to launch", async () => {
  await using node = await startTestNode();
  const script = join(node.root, "shared", "script");
  writeFileSync(script, "#!/no/such/interpreter\n", { mode: 0o755 });
  node.server.order(startOrder(1, script));
  const { outcome } = await node.server.resultOf(1);
  expect(outcome).toMatchObject({ failure: { code: "CommandLaunchFailed" } });
});

test("a retry appends in the same directory and reports its own share", async () => {
  await using node = await startTestNode();
  node.server.order(startOrder(1, "/bin/sh -c 'echo first; touch kept; exit 1'", TRY));
  await node.server.resultOf(1);
  node.server.order(startOrder(2, "/bin/sh -c 'echo second; test -e kept'", TRY));
  const result = await node.server.resultOf(2);
  expect(result.outcome).toEqual({ state: "exited", exitCode: 0 });
  expect(result.stdout.sizeBytes).toBe(7);
  const file = join(node.root, "workitems/job/job-1/task/stdout.txt");
  expect(readFileSync(file, "utf8")).toBe("first\nsecond\n");
});

test("a requeued task finds an empty directory", async () => {
  await using node = await startTestNode();
  const again = { ...TRY, keepDirectory: false };
  node.server.order(startOrder(1, "/bin/sh -c 'mkdir -p a/b; touch a/b/c; ln -s /etc l'", again));
  await node.server.resultOf(1);
  node.server.order(startOrder(2, "/bin/sh -c 'test -z \"$(ls -A)\"'", again));
  expect((await node.server.resultOf(2)).outcome).toEqual({ state: "exited", exitCode: 0 });
  expect(existsSync("/etc/passwd")).toBe(true);
});

test("a stop ends the whole tree, also what has left the session and ignores the signal", async () => {
  await using node = await startTestNode();
  const script = `/bin/sh -c 'trap "" TERM; setsid sh -c "trap \\"\\" TERM; echo \\$\\$ > pid; sleep 600" & sleep 600'`;
  node.server.order(startOrder(1, script));
  const pidFile = join(node.root, "workitems/job/job-1/task1/wd/pid");
  const pid = await until(
    () => (existsSync(pidFile) ? readFileSync(pidFile, "utf8") : "") || undefined,
  );
  node.server.order({ kind: "stop", execution: 1, graceMs: 50 });
  const { outcome } = await node.server.resultOf(1);
  expect(outcome).toEqual({ state: "killed", signal: 9, reason: "stopped" });
  expect(isRunning(pid)).toBe(false);
});

test("without control groups no survivor stays either", async () => {
  await using node = await startTestNode({ cgroups: "off" });
  expect(node.log.filter((line) => line.includes("limits are not enforced"))).toHaveLength(1);
  const script = `/bin/sh -c 'setsid sh -c "echo \\$\\$ > pid; sleep 600" & while ! test -s pid; do :; done'`;
  node.server.order(startOrder(1, script));
  expect((await node.server.resultOf(1)).outcome).toEqual({ state: "exited", exitCode: 0 });
  const pid = readFileSync(join(node.root, "workitems/job/job-1/task1/wd/pid"), "utf8");
  expect(isRunning(pid)).toBe(false);
});

test("a wall clock ends the process", async () => {
  await using node = await startTestNode();
  node.server.order(startOrder(1, "sleep 600", { command: { maxWallClockMs: 100 } }));
  const { outcome } = await node.server.resultOf(1);
  expect(outcome).toEqual({ state: "killed", signal: 15, reason: "wallClock" });
});

test("an agent that comes back reports what ended meanwhile, with its exit code", async () => {
  await using node = await startTestNode();
  const goOn = join(node.root, "shared", "go");
  node.server.order(
    startOrder(1, `/bin/sh -c 'while ! test -e ${goOn}; do sleep 0.01; done; exit 7'`),
  );
  await node.server.started(1);
  await node.agent.stop();
  writeFileSync(goOn, "");
  await node.restart();
  expect(node.server.hellos.at(-1)?.held).toMatchObject([{ execution: 1 }]);
  expect((await node.server.resultOf(1)).outcome).toEqual({ state: "exited", exitCode: 7 });
});

test("a result that the server did not acknowledge is sent again", async () => {
  await using node = await startTestNode();
  node.server.isAcknowledging = false;
  node.server.order(startOrder(1, "true"));
  await node.server.resultOf(1);
  node.server.reports.length = 0;
  node.server.isAcknowledging = true;
  await node.restart();
  expect((await node.server.resultOf(1)).outcome).toEqual({ state: "exited", exitCode: 0 });
});

test("a new version starts a shim of its own and drives the old one to its last child's end", async () => {
  await using node = await startTestNode();
  const goOn = join(node.root, "shared", "go");
  node.server.order(
    startOrder(1, `/bin/sh -c 'while ! test -e ${goOn}; do sleep 0.01; done; exit 7'`),
  );
  await node.server.started(1);
  await node.restart({ version: "2.0.0" });
  node.server.order(startOrder(2, "true"));
  expect((await node.server.resultOf(2)).outcome).toEqual({ state: "exited", exitCode: 0 });
  expect(
    node
      .shims()
      .map((name) => name.slice(0, 5))
      .sort(),
  ).toEqual(["1.0.0", "2.0.0"]);
  writeFileSync(goOn, "");
  expect((await node.server.resultOf(1)).outcome).toEqual({ state: "exited", exitCode: 7 });
  await until(() => node.shims().length === 1 || undefined);
});

test("the processes of a killed shim are watched to their end, which nobody saw", async () => {
  await using node = await startTestNode();
  const goOn = join(node.root, "shared", "go");
  node.server.order(
    startOrder(1, `/bin/sh -c 'while ! test -e ${goOn}; do sleep 0.01; done; echo done'`),
  );
  await node.server.started(1);
  process.kill(node.shimPid(), "SIGKILL");
  await until(() => node.log.find((line) => line.includes("A shim died")));
  node.server.order(startOrder(2, "true"));
  expect((await node.server.resultOf(2)).outcome).toEqual({ state: "exited", exitCode: 0 });
  writeFileSync(goOn, "");
  const result = await node.server.resultOf(1);
  expect(result.outcome).toEqual({ state: "unseen" });
  expect(result.stdout.sizeBytes).toBe(5);
});

test("a shim that dies with its agent leaves its processes to the next agent", async () => {
  await using node = await startTestNode();
  const goOn = join(node.root, "shared", "go");
  const loop = `/bin/sh -c 'while ! test -e ${goOn}; do sleep 0.01; done'`;
  node.server.order(startOrder(1, loop), startOrder(2, "/bin/sh -c 'sleep 0.3; exit 5'"));
  await node.server.started(1);
  const pid = node.shimPid();
  node.server.isAcknowledging = false;
  await node.agent.stop();
  await until(() => (node.shimJournal().includes('"exitCode":5') ? true : undefined));
  process.kill(pid, "SIGKILL");
  await node.restart();
  expect((await node.server.resultOf(2)).outcome).toEqual({ state: "exited", exitCode: 5 });
  writeFileSync(goOn, "");
  expect((await node.server.resultOf(1)).outcome).toEqual({ state: "unseen" });
});

test("a node that is sent away stops everything and joins anew as another", async () => {
  await using node = await startTestNode();
  node.server.order(startOrder(1, "sleep 600"));
  await node.server.started(1);
  const before = node.server.hellos[0]?.guid;
  node.server.order({ kind: "leave" });
  await until(() => node.server.hellos.length === 2 || undefined);
  expect(node.server.hellos[1]?.guid).not.toBe(before ?? "");
  expect(node.server.hellos[1]?.held).toEqual([]);
  expect(node.server.joins).toHaveLength(2);
  expect(existsSync(join(node.root, "workitems/job"))).toBe(false);
});

test("a refusal for good ends the agent with the server's line, and its shim if nothing runs in it", async () => {
  await using node = await startTestNode();
  const shim = node.shimPid();
  node.server.refusal = "KeyRevoked";
  node.server.cut();
  expect(await node.agent.done).toEqual({
    reason: "refused",
    message: `The server refused this node (KeyRevoked): refused by the test Move ${node.data} away and start the agent with a join token: it joins as a new node.`,
  });
  await until(() => !isRunning(String(shim)) || undefined);
});

test("a second agent on the same data directory is refused in one line", async () => {
  await using node = await startTestNode();
  const { runAgent } = await import("./agent.ts");
  expect(runAgent(node.options)).rejects.toThrow(/is in use by another agent \(process \d+\)/);
});

test("plain HTTP beyond this machine needs to be allowed", async () => {
  await using node = await startTestNode();
  const { runAgent } = await import("./agent.ts");
  const options = { ...node.options, serverUrl: "http://192.0.2.1:80" };
  expect(runAgent(options)).rejects.toThrow(/Expected https beyond this machine/);
});

test("a removal takes the directory away and is confirmed", async () => {
  await using node = await startTestNode();
  node.server.order(startOrder(1, "/bin/sh -c 'ln -s /etc l; mkdir d; touch d/f'"));
  await node.server.resultOf(1);
  node.server.order({ kind: "remove", removal: 9, jobId: "job", taskId: null });
  await until(() => node.server.reports.find((report) => report.kind === "removed"));
  expect(existsSync(join(node.root, "workitems/job"))).toBe(false);
  expect(existsSync("/etc/passwd")).toBe(true);
});

test("a process finds its environment and working directory, and nothing of the agent's", async () => {
  await using node = await startTestNode();
  const command = { environmentSettings: [{ name: "OWN", value: "it's $HOME" }] };
  node.server.order(startOrder(1, "/bin/sh -c 'pwd; env'", { command }));
  const { stdout } = await node.server.resultOf(1);
  const text = stdout.place.kind === "inline" ? stdout.place.base64 : "";
  const [cwd, ...lines] = Buffer.from(text, "base64").toString().trim().split("\n");
  const wd = join(node.root, "workitems/job/job-1/task1/wd");
  expect(cwd).toBe(wd);
  expect(lines).toContain("OWN=it's $HOME");
  expect(lines).toContain(`HOME=${wd}`);
  expect(lines).toContain(`AZ_BATCH_NODE_SHARED_DIR=${join(node.root, "shared")}`);
  expect(lines.filter((line) => /^(BUN|NODE|npm|TMPDIR)/.test(line))).toEqual([]);
});

test("a user beyond the configuration is refused before anything is done", async () => {
  await using node = await startTestNode();
  const userIdentity = { kind: "auto", scope: "pool", elevationLevel: "admin" } as const;
  node.server.order(startOrder(1, "true", { command: { userIdentity } }));
  const { outcome } = await node.server.resultOf(1);
  expect(outcome).toMatchObject({
    state: "failedToStart",
    failure: { category: "usererror", code: "UserAccountNotAllowed" },
  });
});

test("a stop ends a preparation that waits for a download", async () => {
  await using node = await startTestNode();
  using silent = Bun.serve({ port: 0, fetch: () => new Promise(() => undefined) });
  const source = { kind: "url", url: `http://127.0.0.1:${silent.port}/` } as const;
  const command = { resourceFiles: [{ source, filePath: "file" }] };
  node.server.order(startOrder(1, "true", { command }));
  await until(() => node.server.reports.find(({ kind }) => kind === "accepted"));
  node.server.order({ kind: "stop", execution: 1, graceMs: 0 });
  const { outcome } = await node.server.resultOf(1);
  expect(outcome).toMatchObject({ state: "failedToStart", failure: { code: "TaskEnded" } });
});

test("a resource file that is not to be had fails the task before its command", async () => {
  await using node = await startTestNode();
  const missing = { source: { kind: "server", path: "none" }, filePath: "file" } as const;
  node.server.order(startOrder(1, "true", { command: { resourceFiles: [missing] } }));
  const { outcome } = await node.server.resultOf(1);
  expect(outcome).toMatchObject({ failure: { code: "BlobNotFound", category: "usererror" } });
});

/** What a node's journal has when its agent dies between the entry and the start of the process. */
function journalStart(data: string, order: StartOrder): void {
  const entries = [
    { entry: "ordered", at: Date.now(), order },
    {
      entry: "starting",
      execution: order.execution,
      at: Date.now(),
      offsets: { stdout: 0, stderr: 0 },
    },
  ];
  const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
  appendFileSync(join(data, "journal.jsonl"), lines);
}

test("a start that was journaled but never asked of a shim happens once, after the restart", async () => {
  await using node = await startTestNode();
  node.server.order(startOrder(1, "/bin/sh -c 'exit 6'"));
  await node.server.resultOf(1);
  await node.agent.stop();
  // As a crash between journal entry and process start leaves it: the entry is there, no shim knows of it.
  const order = startOrder(2, "/bin/sh -c 'echo once >> $AZ_BATCH_NODE_SHARED_DIR/runs'").order;
  mkdirSync(join(node.root, "workitems/job/job-1/task2/wd"), { recursive: true });
  journalStart(node.data, order);
  await node.restart();
  expect((await node.server.resultOf(2)).outcome).toEqual({ state: "exited", exitCode: 0 });
  expect(readFileSync(join(node.root, "shared/runs"), "utf8")).toBe("once\n");
});

test("a start of which only the beginning is known is not repeated", async () => {
  await using node = await startTestNode();
  const order = startOrder(2, "/bin/sh -c 'echo again >> $AZ_BATCH_NODE_SHARED_DIR/runs'").order;
  const shim = node.shimPid();
  const shimJournal = join(node.data, "shims", node.shims()[0] ?? "", "journal.jsonl");
  await node.agent.stop();
  process.kill(shim, "SIGKILL");
  appendFileSync(shimJournal, '{"record":"spawning","execution":2}\n');
  journalStart(node.data, order);
  await node.restart();
  expect((await node.server.resultOf(2)).outcome).toEqual({ state: "unseen" });
  expect(existsSync(join(node.root, "shared/runs"))).toBe(false);
});

test("many tasks at once all end, each once", async () => {
  await using node = await startTestNode();
  const numbers = Array.from({ length: 200 }, (_, index) => index + 1);
  node.server.order(...numbers.map((number) => startOrder(number, "true")));
  for (const number of numbers) {
    expect((await node.server.resultOf(number)).outcome).toEqual({ state: "exited", exitCode: 0 });
  }
  expect(node.server.reports.filter(({ kind }) => kind === "ended")).toHaveLength(200);
});
