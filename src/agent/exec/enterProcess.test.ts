import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../fixtures/until.ts";
import { ON_NODE } from "../platform/startPlace.ts";
import { isEnterFailure } from "./enteredCommand.ts";
import { enterProcess } from "./enterProcess.ts";
import type { TakeOutput } from "./outputDrain.ts";

const TIMEOUT_MS = 60_000;
const TERMINAL = { columns: 80, rows: 24, type: "" };

/** Begins the script; `$LEFT` is a file for the pid of what leaves the session. */
async function entered(
  script: string,
  terminal: typeof TERMINAL | null,
  take: TakeOutput = async () => undefined,
) {
  const directory = mkdtempSync(join(tmpdir(), "stint-enter-"));
  const left = join(directory, "left");
  const command = await enterProcess(
    {
      program: "/bin/sh",
      argv: ["sh", "-c", script],
      cwd: directory,
      env: { PATH: "/usr/bin:/bin", LEFT: left },
      uid: null,
      gid: null,
      user: null,
    },
    null,
    ON_NODE,
    { command: ["sh"], terminal, hasStdin: false, take, signal: new AbortController().signal },
  );
  if (isEnterFailure(command)) throw new Error(command.message);
  const leftPid = () => {
    try {
      return Number(readFileSync(left, "utf8")) || undefined;
    } catch {
      return undefined;
    }
  };
  return {
    command,
    leftPid: () => until(leftPid),
    async close() {
      const pid = leftPid();
      try {
        if (pid !== undefined) process.kill(pid, "SIGKILL");
      } catch {
        // It has ended with its output.
      }
      rmSync(directory, { recursive: true });
    },
  };
}

/** Goes on to write after the command has ended, and outlives a closed output. */
const WRITERS = {
  "now and then": "trap '' PIPE HUP; while :; do echo x; sleep 0.05; done",
  "without a pause": "trap '' PIPE HUP; while :; do echo xxxxxxxxxxxxxxxxxxxx; done",
};

for (const [how, writer] of Object.entries(WRITERS)) {
  for (const terminal of [null, TERMINAL]) {
    const where = terminal === null ? "pipe" : "terminal";
    const script = `setsid sh -c 'echo $$ > $LEFT.new; mv $LEFT.new $LEFT; ${writer.replaceAll("'", `'\\''`)}' & while [ ! -e $LEFT ]; do sleep 0.01; done`;

    test(`what writes ${how} to a ${where} keeps no command that nobody wants`, async () => {
      const { command, leftPid, close } = await entered(`${script}; sleep 1000`, terminal);
      await leftPid();
      expect(await command.stop()).toEqual([]);
      expect(await command.ended).not.toBe(0);
      await close();
    });

    test(
      `what writes ${how} to a ${where} keeps no command that has ended`,
      async () => {
        const { command, close } = await entered(`${script}; exit 4`, terminal);
        expect(await command.ended).toBe(4);
        await close();
      },
      TIMEOUT_MS,
    );
  }
}

test("what a command said is taken to its end, however long its reader takes", async () => {
  let takenBytes = 0;
  const { command, close } = await entered(
    "head -c 200000 /dev/zero; exit 3",
    null,
    async (_, bytes) => {
      await Bun.sleep(5);
      takenBytes += bytes.byteLength;
    },
  );
  expect([await command.ended, takenBytes]).toEqual([3, 200_000]);
  await close();
});
