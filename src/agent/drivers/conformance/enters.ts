import { expect } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type EnteredCommand,
  type EnterFailure,
  type EnterWish,
  isEnterFailure,
} from "../../exec/enteredCommand.ts";
import { until } from "../../fixtures/until.ts";
import { readProcessStat } from "../../platform/processIdentity.ts";
import type { MemberStart } from "../driver.ts";
import { type Bench, type ConformanceSubject, type ConformanceTest, TIMEOUT_MS } from "./bench.ts";

/** How people run commands inside members. */
export const ENTERS: Readonly<Record<string, ConformanceTest>> = {
  "a command inside a member reads, says both outputs apart, and tells its exit code": talks,
  "a program that is not there is told apart from a command that fails": tellsMissing,
  "a command inside a member has a terminal of the wanted size, and Ctrl-C": givesTerminal,
  "a command inside a member has to wait for whoever reads": waitsForReader,
  "a command inside a member is ended with what it has started": endsAll,
  "what a command inside a member leaves behind is ended with it": endsWhatIsLeft,
  "no command begins inside a member that has ended": refusesEnded,
  "a command inside a member that has ended is over the moment nobody wants it": endsAtOnce,
};

/** What a command has said so far. */
interface Said {
  stdout: string;
  stderr: string;
}

const NEVER = new AbortController().signal;
const BESIDE = "echo ready; sleep 60";
const ENV = { PATH: "/usr/local/bin:/usr/bin:/bin", WORD: "inside" };

async function memberOf(bench: Bench): Promise<MemberStart> {
  const start = await bench.startedShell(BESIDE, { env: ENV });
  await bench.said(start, "ready");
  return start;
}

async function ended(bench: Bench, start: MemberStart): Promise<void> {
  await bench.driver.kill(start, bench.process(start));
  await bench.end(start);
}

async function enter(
  bench: Bench,
  start: MemberStart,
  script: string,
  wish: Partial<EnterWish> = {},
): Promise<{ command: EnteredCommand; said: Said }> {
  const said: Said = { stdout: "", stderr: "" };
  const command = await bench.driver.enter(start, bench.process(start), {
    command: ["/bin/sh", "-c", script],
    terminal: null,
    hasStdin: true,
    take: async (stream, bytes) => {
      said[stream] += Buffer.from(bytes).toString();
    },
    signal: NEVER,
    ...wish,
  });
  if (isEnterFailure(command)) throw new Error(command.message);
  return { command, said };
}

async function talks(bench: Bench): Promise<void> {
  const start = await memberOf(bench);
  const script = "echo $WORD; echo wrong >&2; while read line; do echo got $line; done; exit 3";
  const { command, said } = await enter(bench, start, script);
  await command.write(Buffer.from("one\ntwo\n"));
  command.endInput();
  expect(await command.ended).toBe(3);
  expect(said).toEqual({ stdout: "inside\ngot one\ngot two\n", stderr: "wrong\n" });
  const without = await enter(bench, start, "cat; echo $?", { hasStdin: false });
  expect([await without.command.ended, without.said.stdout]).toEqual([0, "0\n"]);
  await ended(bench, start);
}

async function tellsMissing(bench: Bench): Promise<void> {
  const start = await memberOf(bench);
  const wish = { terminal: null, hasStdin: false, take: async () => undefined, signal: NEVER };
  const tried: EnteredCommand | EnterFailure = await bench.driver.enter(
    start,
    bench.process(start),
    { ...wish, command: ["no-such-program"] },
  );
  expect(tried).toMatchObject({ code: "CommandNotFound" });
  await ended(bench, start);
}

async function givesTerminal(bench: Bench): Promise<void> {
  const start = await memberOf(bench);
  // Busybox of the image has no stty: the terminal answers for itself.
  const script =
    "test -t 0 && test -t 1 && test -t 2 && echo $TERM; trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.05; done";
  const terminal = { columns: 100, rows: 30, type: "vt220" };
  const { command, said } = await enter(bench, start, script, { terminal });
  await until(() => (said.stdout.includes("ready") ? true : undefined), TIMEOUT_MS);
  expect(said).toEqual({ stdout: "vt220\r\nready\r\n", stderr: "" });
  command.resize({ columns: 120, rows: 40 });
  await command.write(Buffer.from([3]));
  expect(await command.ended).toBe(9);
  expect(said.stdout).toEndWith("caught\r\n");
  await ended(bench, start);
}

const BLOCKS = 128;
const BLOCK_BYTES = 65_536;
/** Pipes, sockets and windows between a command and its reader hold less. */
const UNDER_WAY_MAX_BLOCKS = 64;
const STILL_LOOKS = 20;
const TERMINAL = { columns: 80, rows: 24, type: "" };

/** Says many blocks, and notes in the file how many it has said. */
function saysMuch(progress: string): string {
  const block = "b=yyyyyyyy; n=0; while [ $n -lt 13 ]; do b=$b$b; n=$((n+1)); done";
  return `${block}; i=0; while [ $i -lt ${BLOCKS} ]; do echo $b; i=$((i+1)); echo $i > ${progress}; done`;
}

async function waitsForReader(bench: Bench, subject: ConformanceSubject): Promise<void> {
  const start = await memberOf(bench);
  for (const terminal of [null, TERMINAL]) {
    const name = terminal === null ? "piped" : "typed";
    const reader = Promise.withResolvers<void>();
    let takenBytes = 0;
    const { command } = await enter(bench, start, saysMuch(`${subject.local(start)}/${name}`), {
      terminal,
      take: async (_, bytes) => {
        await reader.promise;
        takenBytes += bytes.byteLength;
      },
    });
    // It stands still, for many looks at the same place, which is far from the end.
    let seen = -1;
    let looks = 0;
    await until(() => {
      const now = blocksIn(join(start.directories.local, name));
      looks = now === seen && now > 0 ? looks + 1 : 0;
      seen = now;
      return looks > STILL_LOOKS ? true : undefined;
    }, TIMEOUT_MS);
    expect(seen).toBeLessThan(UNDER_WAY_MAX_BLOCKS);
    reader.resolve();
    expect(await command.ended).toBe(0);
    const lineEndBytes = terminal === null ? 1 : 2;
    expect(takenBytes).toBe(BLOCKS * (BLOCK_BYTES + lineEndBytes));
  }
  await ended(bench, start);
}

function blocksIn(path: string): number {
  return existsSync(path) ? Number(readFileSync(path, "utf8")) : 0;
}

async function endsAll(bench: Bench): Promise<void> {
  const start = await memberOf(bench);
  const script =
    "trap '' HUP TERM; (trap '' HUP TERM; echo child; while :; do sleep 0.05; done) & while :; do sleep 0.05; done";
  for (const terminal of [null, TERMINAL]) {
    const { command, said } = await enter(bench, start, script, { terminal });
    await until(() => (said.stdout.includes("child") ? true : undefined), TIMEOUT_MS);
    const stopped = command.stop();
    expect(await command.ended).not.toBe(0);
    await stopped;
    expect(sessionOf(command.pid)).toEqual([]);
  }
  await ended(bench, start);
}

async function endsWhatIsLeft(bench: Bench): Promise<void> {
  const start = await memberOf(bench);
  // Told from all others by how long it would sleep.
  const seconds = `${start.key - 2 ** 50}${process.pid}`;
  for (const terminal of [null, TERMINAL]) {
    // One that has ended before anybody could look, and one that had been seen.
    for (const wait of ["", "read line;"]) {
      const script = `sleep ${seconds} & ${wait} echo left; exit 4`;
      const { command, said } = await enter(bench, start, script, { terminal });
      await command.write(Buffer.from("\n"));
      expect(await command.ended).toBe(4);
      expect(said.stdout).toContain("left");
      expect(command.shortcoming).toBeNull();
      expect(runningWith(seconds)).toEqual([]);
    }
  }
  await ended(bench, start);
}

/** Processes of this machine with the word among theirs. */
function runningWith(word: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(word);
    } catch {
      return false;
    }
  });
}

/** A client that goes away leaves nothing of a command whose first process has ended. */
async function endsAtOnce(bench: Bench): Promise<void> {
  const start = await memberOf(bench);
  const seconds = `${start.key - 2 ** 50}${process.pid}`;
  const script = `(echo child; exec sleep ${seconds}) & read line; exit 4`;
  for (const terminal of [null, TERMINAL]) {
    const reader = Promise.withResolvers<void>();
    const taken = Promise.withResolvers<void>();
    const { command } = await enter(bench, start, script, {
      terminal,
      take() {
        taken.resolve();
        return reader.promise;
      },
    });
    await taken.promise;
    await command.write(Buffer.from("\n"));
    // Nobody reads, so that it cannot come to its end by itself.
    await until(() => (isEnded(command.pid) ? true : undefined), TIMEOUT_MS);
    expect(await command.stop()).toEqual([]);
    reader.resolve();
    await command.ended;
    expect(runningWith(seconds)).toEqual([]);
  }
  await ended(bench, start);
}

/** Whatever the agent's machine knows of its end. */
async function refusesEnded(bench: Bench, subject: ConformanceSubject): Promise<void> {
  const start = await memberOf(bench);
  await bench.driver.kill(start, bench.process(start));
  await bench.exitOf(start);
  // Without groups only the machine knows.
  if (subject.hasLimits && bench.groups.parent !== null) {
    await until(() => (bench.groups.members(start.key)?.length ? undefined : true), TIMEOUT_MS);
    const wish = { terminal: null, hasStdin: false, take: async () => undefined, signal: NEVER };
    const command = ["true"];
    const tried = await bench.driver.enter(start, bench.process(start), { ...wish, command });
    expect(tried).toMatchObject({ code: "TaskNotRunning" });
  }
  await bench.end(start);
}

function isEnded(pid: number | null): boolean {
  const state = pid === null ? undefined : readProcessStat(pid)?.state;
  return state === undefined || state === "Z";
}

/** Processes of this machine in the session that the process began. */
function sessionOf(leader: number | null): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      const stat = Number.isInteger(pid) ? readProcessStat(pid) : null;
      return stat?.session === leader && stat?.state !== "Z";
    });
}
