import { expect, test } from "bun:test";
import type { ExecNote } from "../../model/event.ts";
import { EXEC_SESSIONS_PER_NODE_MAX } from "../../protocol/node/exec.ts";
import { ExecDesk, type ExecDeskParts, type ExecReservation } from "./execDesk.ts";

const RESERVATION: ExecReservation = {
  order: { execution: 7, member: null, command: ["true"], terminal: null, hasStdin: false },
  node: 1,
  about: {
    jobId: "job",
    taskId: "task",
    poolId: "pool",
    nodeId: "node",
    execution: 7,
    member: null,
    user: "ann",
    command: ["true"],
    hasTerminal: false,
  },
  tokenHash: "ann's",
};

function desk(more: Partial<ExecDeskParts> = {}) {
  const notes: ExecNote[] = [];
  const time = { now: 0 };
  const told: string[] = [];
  const client = {
    send: (message: unknown) => told.push(String(message)),
    close: () => undefined,
  };
  const opened = new ExecDesk({
    note: async (note) => void notes.push(note),
    open: () => ({ send: () => undefined, sendBytes: () => undefined }),
    clock: () => 1_000 + time.now,
    monotonic: () => time.now,
    onFailure: (error) => {
      throw error;
    },
    ...more,
  });
  return { desk: opened, notes, time, told, client };
}

test("a session is taken once, in time, by the token that made it", () => {
  const { desk: opened, time } = desk();
  const id = opened.reserve(RESERVATION);
  expect(() => opened.take(id, "bob's")).toThrow("no session");
  opened.take(id, "ann's");
  expect(() => opened.take(id, "ann's")).toThrow("no session");
  const late = opened.reserve(RESERVATION);
  time.now += 30_000;
  expect(() => opened.take(late, "ann's")).toThrow("no session");
});

test("a node has so many sessions, those that have begun included, and gets a place back", async () => {
  const { desk: opened, client } = desk();
  const ids = Array.from({ length: EXEC_SESSIONS_PER_NODE_MAX }, () => opened.reserve(RESERVATION));
  const relay = opened.take(ids[0] ?? "", "ann's")(client);
  expect(() => opened.reserve(RESERVATION)).toThrow(`Node node runs ${EXEC_SESSIONS_PER_NODE_MAX}`);
  opened.reserve({ ...RESERVATION, node: 2 });
  relay.clientClosed();
  await relay.done;
  // Its place is given back right behind its end.
  await Promise.resolve();
  await Promise.resolve();
  opened.reserve(RESERVATION);
});

test("beginning and end are put on record", async () => {
  const { desk: opened, notes, time, client } = desk();
  const id = opened.reserve(RESERVATION);
  const relay = opened.take(id, "ann's")(client);
  time.now = 5;
  relay.onOutput({ kind: "ended", end: { state: "exited", exitCode: 3 } });
  await relay.done;
  const facts = { ...RESERVATION.about, sessionId: id, startedAt: 1_000 };
  const end = { endedAt: 1_005, exitCode: 3, reason: null };
  expect(notes).toEqual([
    { ...facts, end: null },
    { ...facts, end },
  ]);
});

test("an end that cannot be put on record is told with whose it was", async () => {
  const failures: unknown[] = [];
  const { desk: opened, client } = desk({
    note: ({ end }) => (end === null ? Promise.resolve() : Promise.reject(new Error("disk full"))),
    onFailure: (error, session) => void failures.push([String(error), session]),
  });
  const sessionId = opened.reserve(RESERVATION);
  const relay = opened.take(sessionId, "ann's")(client);
  relay.onOutput({ kind: "ended", end: { state: "exited", exitCode: 0 } });
  await relay.done.catch(() => undefined);
  await Promise.resolve();
  const { user, command, jobId, taskId, execution } = RESERVATION.about;
  expect(failures).toEqual([
    ["Error: disk full", { sessionId, user, command, jobId, taskId, execution }],
  ]);
});

test("a token that was taken back takes its sessions along", async () => {
  const { desk: opened, notes, told, client } = desk();
  const waiting = opened.reserve(RESERVATION);
  const relay = opened.take(opened.reserve(RESERVATION), "ann's")(client);
  const other = opened.take(
    opened.reserve({ ...RESERVATION, tokenHash: "bob's" }),
    "bob's",
  )(client);
  opened.endOf("ann's");
  await relay.done;
  expect(() => opened.take(waiting, "ann's")).toThrow("no session");
  expect(told.join()).toContain("taken back");
  expect(notes.filter(({ end }) => end !== null)).toHaveLength(1);
  await opened.stop();
  await other.done;
  expect(told.join()).toContain("The server was stopped");
});
