import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EnterWish, isEnterFailure } from "../../exec/enteredCommand.ts";
import { until } from "../../fixtures/until.ts";
import { readProcessStat } from "../../platform/processIdentity.ts";
import { ContainerEngine } from "./engine.ts";
import { enterContainer } from "./enterContainer.ts";

/** What an engine does with a request; null: nothing. */
type Answer = (socket: Socket) => void;
type Answers = Readonly<Record<"create" | "start" | "inspect" | "container", Answer | null>>;

const engines: (() => void)[] = [];
afterEach(() => {
  for (const close of engines.splice(0)) close();
});

/** An engine that answers as the test says, and what it was asked. */
function engineOf(answers: Partial<Answers>) {
  const directory = mkdtempSync(join(tmpdir(), "stint-engine-"));
  const socketPath = join(directory, "socket");
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const all: Answers = {
    create: json(201, { Id: "e1" }),
    start: null,
    inspect: null,
    container: null,
    ...answers,
  };
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk) => {
      const line = chunk.toString().split("\r\n")[0] ?? "";
      if (!line.includes(" HTTP/")) return;
      const kind = kindOf(line);
      asked.push(kind);
      all[kind]?.(socket);
    });
  }).listen(socketPath);
  engines.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(directory, { recursive: true });
  });
  return { engine: new ContainerEngine(() => socketPath), asked, sockets };
}

function kindOf(line: string): keyof Answers {
  if (line.includes("/start")) return "start";
  if (!line.includes("/json")) return "create";
  return line.includes("/containers/") ? "container" : "inspect";
}

/** The connection stays open behind it, as HTTP has it. */
function json(status: number, body: object): Answer {
  const text = JSON.stringify(body);
  return (socket) =>
    void socket.write(`HTTP/1.1 ${status} X\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
}

const upgraded: Answer = (socket) => void socket.write("HTTP/1.1 101 UPGRADED\r\n\r\n");

function wishOf(more: Partial<EnterWish> = {}): EnterWish {
  return {
    command: ["sh"],
    terminal: null,
    hasStdin: true,
    take: async () => undefined,
    signal: new AbortController().signal,
    ...more,
  };
}

test("a refusal of the start is told, though the connection stays open", async () => {
  const refusals: [Answer, string, string][] = [
    [json(409, { message: "container c is paused" }), "TaskNotRunning", "container c is paused."],
    [json(404, { message: 'no "exec" e1\n' }), "TaskNotRunning", 'no "exec" e1.'],
    [
      (socket) =>
        void socket.write(
          'HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n12\r\n{"message":"broke"}\r\n0\r\n\r\n',
        ),
      "CommandLaunchFailed",
      "broke.",
    ],
    [
      (socket) => void socket.destroy(),
      "ContainerEngineAway",
      "The container engine of the node did not run the command: it closed the connection to the start of the command.",
    ],
  ];
  for (const [start, code, message] of refusals) {
    const { engine, sockets } = engineOf({ start });
    expect(await enterContainer(engine, "c", wishOf())).toEqual({
      code: code as "TaskNotRunning",
      message,
    });
    await until(() => (sockets.size <= 1 ? true : undefined));
  }
});

test("an engine that does not answer holds nobody who has gone", async () => {
  for (const answers of [{ create: null }, { start: null }, { start: upgraded }]) {
    const { engine, asked } = engineOf(answers);
    const gone = new AbortController();
    const entered = enterContainer(engine, "c", wishOf({ signal: gone.signal }));
    const awaited = "create" in answers ? "create" : answers.start === null ? "start" : "inspect";
    await until(() => (asked.at(-1) === awaited ? true : undefined));
    gone.abort();
    expect(isEnterFailure(await entered)).toBe(true);
  }
});

test("an engine that fails to tell how a command ended is asked again, and no exit code is made up", async () => {
  const running = { Running: true, ExitCode: null, Pid: 2 ** 22 + 1, ContainerID: "c" };
  const cases: [Answer[], unknown][] = [
    [[json(500, { message: "busy" }), json(200, { ...running, Running: false, ExitCode: 3 })], 3],
    [[json(404, { message: "no such exec" })], { code: "TaskNotRunning" }],
  ];
  for (const [ends, outcome] of cases) {
    const streams: Socket[] = [];
    let hasEnded = false;
    let ended = 0;
    const { engine } = engineOf({
      start(socket) {
        streams.push(socket);
        upgraded(socket);
      },
      inspect(socket) {
        if (!hasEnded) return json(200, running)(socket);
        ended += 1;
        ends[Math.min(ended, ends.length) - 1]?.(socket);
      },
    });
    const command = await enterContainer(engine, "c", wishOf());
    if (isEnterFailure(command)) throw new Error(command.message);
    // No process of that number is in the container.
    expect([command.pid, command.shortcoming]).toEqual([
      null,
      expect.stringContaining("not to be found"),
    ]);
    hasEnded = true;
    for (const stream of streams) stream.end();
    const end = await command.ended;
    if (typeof outcome === "number") expect(end).toBe(outcome);
    else expect(end).toMatchObject(outcome as object);
  }
});

test("a command is not told to have been killed when its container ended", async () => {
  const cases: [Answer, unknown][] = [
    [json(200, { State: { Running: false } }), { code: "TaskNotRunning" }],
    [json(404, { message: "no such container" }), { code: "TaskNotRunning" }],
    [json(200, { State: { Running: true } }), 137],
  ];
  for (const [container, outcome] of cases) {
    let state = { Running: true, ExitCode: null as number | null, Pid: 2 ** 22 + 1 };
    const streams: Socket[] = [];
    const { engine } = engineOf({
      start(socket) {
        streams.push(socket);
        upgraded(socket);
      },
      inspect: (socket) => json(200, { ...state, ContainerID: "c" })(socket),
      container,
    });
    const command = await enterContainer(engine, "c", wishOf());
    if (isEnterFailure(command)) throw new Error(command.message);
    state = { ...state, Running: false, ExitCode: 137 };
    for (const stream of streams) stream.end();
    const end = await command.ended;
    if (typeof outcome === "number") expect(end).toBe(outcome);
    else expect(end).toMatchObject(outcome as object);
  }
});

test("an engine that is away is no fault of the command", async () => {
  const engine = new ContainerEngine(() => "/nowhere/socket");
  expect(await enterContainer(engine, "c", wishOf())).toEqual({
    code: "ContainerEngineAway",
    message: expect.stringContaining("/nowhere/socket does not answer"),
  });
});

test("a process that is not in the container is not taken for the command", async () => {
  const child = Bun.spawn(["sleep", "1000"], { detached: true });
  const { engine } = engineOf({
    start: upgraded,
    inspect: json(200, { Running: true, ExitCode: null, Pid: child.pid, ContainerID: "c0ffee" }),
  });
  const command = await enterContainer(engine, "c", wishOf());
  if (isEnterFailure(command)) throw new Error(command.message);
  expect(command).toMatchObject({
    pid: null,
    shortcoming: expect.stringContaining("not to be found"),
  });
  expect(await command.stop()).toEqual([]);
  await command.ended;
  expect(readProcessStat(child.pid)?.state).toBe("S");
  child.kill("SIGKILL");
});
