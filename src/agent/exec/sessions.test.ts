import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  EXEC_SESSIONS_PER_NODE_MAX,
  EXEC_WINDOW_BYTES,
  type ExecInput,
  type ExecOutput,
} from "../../protocol/node/exec.ts";
import { until } from "../fixtures/until.ts";
import { kernelBootId, readProcessStat } from "../platform/processIdentity.ts";
import type { EnteredCommand, EnterWish } from "./enteredCommand.ts";
import { LeftCommands } from "./leftCommands.ts";
import { AgentExecSessions } from "./sessions.ts";

const KEY = 50;

/** A node in which one member runs, and a command that does what the test says. */
function node(directory = "/nowhere", more: Partial<EnteredCommand> = {}) {
  const told: [number, ExecOutput][] = [];
  const said: [number, number][] = [];
  const troubles: unknown[] = [];
  const commands: { wish: EnterWish; exit: (code: number) => void; done: string[] }[] = [];
  const sessions = new AgentExecSessions({
    find: (execution, member) =>
      execution !== 1 || member !== "main"
        ? null
        : {
            key: KEY,
            enter: async (wish) => {
              const exit = Promise.withResolvers<number>();
              const done: string[] = [];
              commands.push({ wish, exit: exit.resolve, done });
              return {
                pid: null,
                shortcoming: null,
                ended: exit.promise,
                write: async (bytes) => void done.push(Buffer.from(bytes).toString()),
                endInput: () => void done.push("end of input"),
                resize: ({ columns }) => void done.push(`${columns} columns`),
                async stop() {
                  done.push("stopped");
                  exit.resolve(129);
                  return [];
                },
                ...more,
              };
            },
          },
    left: new LeftCommands(directory),
    send: ({ session, output }) => told.push([session, output]),
    sendBytes: async ({ session, bytes }) => said.push([session, bytes.byteLength]),
    onTrouble: (error) => void troubles.push(error),
    closeMaxMs: 10,
  });
  const open = (session: number, member = "main") => {
    const order = { execution: 1, member, command: ["sh"], terminal: null, hasStdin: true };
    sessions.received({ type: "exec", session, input: { kind: "open", order } });
  };
  const input = (session: number, given: ExecInput) =>
    sessions.received({ type: "exec", session, input: given });
  return { sessions, told, said, troubles, commands, open, input };
}

/** Long enough for everything that waits for nothing. */
async function settled(): Promise<void> {
  await Bun.sleep(0);
}

function kinds(told: [number, ExecOutput][]): string[] {
  return told.map(([session, output]) =>
    output.kind === "ended" && output.end.state === "failed"
      ? `${session} ${output.end.code}`
      : `${session} ${output.kind}`,
  );
}

test("input comes to the command in order, and its end is told", async () => {
  const { sessions, told, commands, open, input } = node();
  open(1);
  sessions.receivedBytes({ session: 1, stream: "stdin", bytes: Buffer.from("one") });
  input(1, { kind: "endOfInput" });
  await settled();
  input(1, { kind: "resize", size: { columns: 9, rows: 9 } });
  commands[0]?.exit(4);
  await settled();
  expect(commands[0]?.done).toEqual(["one", "end of input", "9 columns", "stopped"]);
  expect(told).toEqual([
    [1, { kind: "started", shortcoming: null }],
    [1, { kind: "credit", bytes: 3 }],
    [1, { kind: "ended", end: { state: "exited", exitCode: 4 } }],
  ]);
});

test("output beyond the window waits until some was taken", async () => {
  const { said, commands, open, input } = node();
  open(1);
  await settled();
  const taken = commands[0]?.wish.take("stdout", new Uint8Array(EXEC_WINDOW_BYTES + 10));
  await settled();
  const sentBytes = () => said.reduce((sum, [, sizeBytes]) => sum + sizeBytes, 0);
  expect(sentBytes()).toBe(EXEC_WINDOW_BYTES);
  input(1, { kind: "credit", bytes: 10 });
  await taken;
  expect(sentBytes()).toBe(EXEC_WINDOW_BYTES + 10);
});

test("a command is ended when its connection breaks, even one that waits for its reader", async () => {
  const { sessions, told, commands, open } = node();
  open(1);
  await settled();
  const taken = commands[0]?.wish.take("stdout", new Uint8Array(2 * EXEC_WINDOW_BYTES));
  sessions.disconnected();
  await taken;
  await settled();
  expect(commands[0]?.done[0]).toBe("stopped");
  expect(commands[0]?.wish.signal.aborted).toBe(true);
  // Nothing more is told: the next connection has sessions of its own.
  expect(kinds(told)).toEqual(["1 started"]);
});

test("a command is ended with the process beside which it runs", async () => {
  const { sessions, told, commands, open } = node();
  open(1);
  open(2);
  await settled();
  sessions.processEnded(KEY + 1, "it was stopped");
  expect(kinds(told)).toEqual(["1 started", "2 started"]);
  sessions.processEnded(KEY, "it was stopped");
  await settled();
  expect(kinds(told).slice(2)).toEqual(["1 TaskNotRunning", "2 TaskNotRunning"]);
  expect(commands.map(({ done }) => done[0])).toEqual(["stopped", "stopped"]);
});

test("one that is closed while it is being started is ended at once", async () => {
  const { commands, told, open, input } = node();
  open(1);
  input(1, { kind: "close" });
  await settled();
  expect(commands[0]?.wish.signal.aborted).toBe(true);
  expect([commands[0]?.done[0], kinds(told)]).toEqual(["stopped", []]);
});

test("what does not run, and what is too much, is refused", async () => {
  const { sessions, told, open } = node();
  open(1, "other");
  expect(kinds(told)).toEqual(["1 TaskNotRunning"]);
  for (let number = 2; number < EXEC_SESSIONS_PER_NODE_MAX + 2; number += 1) open(number);
  open(1_000);
  expect(kinds(told).at(-1)).toBe("1000 TooManySessions");
  await settled();
  await sessions.close();
  expect(kinds(told).at(-1)).toBe(`${EXEC_SESSIONS_PER_NODE_MAX + 1} NodeNotReachable`);
  open(2_000);
  await settled();
  // A command that began now would outlive the agent.
  expect(kinds(told).at(-1)).toBe("2000 NodeNotReachable");
});

test("an agent is not kept from its end by a command that does not end", async () => {
  const { sessions, open, troubles } = node("/nowhere", { ended: new Promise(() => undefined) });
  open(1);
  await settled();
  await sessions.close();
  expect(troubles).toEqual(["1 commands did not end within 10 ms."]);
});

test("of the sizes before the beginning the last counts", async () => {
  const { commands, open, input } = node();
  open(1);
  for (let columns = 1; columns <= 100; columns += 1) {
    input(1, { kind: "resize", size: { columns, rows: 1 } });
  }
  await settled();
  expect(commands[0]?.done).toEqual(["100 columns"]);
});

test("what cannot be ended, and an end that nobody knows, is told", async () => {
  const shortcoming = "The engine is on another machine.";
  const ended = Promise.resolve({ code: "EndUnknown", message: "It does not answer." } as const);
  const { told, troubles, open } = node("/nowhere", { shortcoming, ended, stop: async () => [7] });
  open(1);
  await settled();
  expect(told).toEqual([
    [1, { kind: "started", shortcoming }],
    [
      1,
      {
        kind: "ended",
        end: { state: "failed", code: "EndUnknown", message: "It does not answer." },
      },
    ],
  ]);
  expect(troubles).toEqual([shortcoming, "The processes 7 of a command could not be ended."]);
});

test("what an agent that was killed has left is ended by the next, and nothing else", async () => {
  const directory = mkdtempSync(join(tmpdir(), "stint-exec-"));
  const begin = () => Bun.spawn(["sleep", "1000"], { detached: true });
  const [left, over, other] = [begin(), begin(), begin()];
  const before = new LeftCommands(directory);
  before.note(left.pid);
  before.note(over.pid)();
  // Under the same number another process has begun since.
  const stale = { bootId: kernelBootId(), pid: other.pid, startTicks: 1 };
  await Bun.write(join(directory, "stale"), JSON.stringify(stale));
  await Bun.write(join(directory, "half"), "{");
  await new LeftCommands(directory).end();
  await until(() => (readProcessStat(left.pid)?.state === "S" ? undefined : true));
  expect([over, other].map(({ pid }) => readProcessStat(pid)?.state)).toEqual(["S", "S"]);
  expect(readdirSync(directory)).toEqual([]);
  for (const child of [over, other]) child.kill("SIGKILL");
  rmSync(directory, { recursive: true });
});

test("a command that is killed with its task is not told with a code of its own", async () => {
  const message = "The task ended (it was stopped) while the command ran.";
  const cases = [
    [130, { state: "failed", code: "TaskNotRunning", message }],
    // It came to its own end before the signal did.
    [1, { state: "exited", exitCode: 1 }],
  ] as const;
  for (const [code, end] of cases) {
    const { sessions, told, commands, open } = node();
    open(1);
    await settled();
    sessions.processEnding(KEY + 1, "it was another");
    sessions.processEnding(KEY, "it was stopped");
    commands[0]?.exit(code);
    await settled();
    expect(told.at(-1)).toEqual([1, { kind: "ended", end }]);
  }
  const { told, commands, open } = node();
  open(1);
  await settled();
  commands[0]?.exit(130);
  await settled();
  expect(told.at(-1)).toEqual([1, { kind: "ended", end: { state: "exited", exitCode: 130 } }]);
});
