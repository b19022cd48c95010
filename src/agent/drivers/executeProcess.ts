import type { StartPlace } from "../platform/startPlace.ts";
import { EXECUTE_OUTPUT_MAX_BYTES, type ExecuteResult, type Launch } from "./driver.ts";
import { OutputHead } from "./outputHead.ts";

/** Runs a program to its end, or its timeout; its group of processes is killed then. */
export async function executeProcess(
  launch: Launch,
  group: string | null,
  place: StartPlace,
  timeoutMs: number,
): Promise<ExecuteResult> {
  const head = new OutputHead(EXECUTE_OUTPUT_MAX_BYTES);
  let child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  try {
    child = place.run({ group, cwd: launch.cwd, user: launch.fileUser }, (names) =>
      Bun.spawn([launch.program, ...launch.argv.slice(1)], {
        argv0: launch.argv[0] ?? launch.program,
        cwd: names.cwd,
        env: { ...launch.env },
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
        detached: true,
        ...(launch.uid === null ? {} : { uid: launch.uid }),
        ...(launch.gid === null ? {} : { gid: launch.gid }),
        ...(names.group === null ? {} : { cgroup: names.group }),
      }),
    );
  } catch (error) {
    return { state: "failed", message: error instanceof Error ? error.message : String(error) };
  }
  const timeout = Promise.withResolvers<"timedOut">();
  const timer = setTimeout(() => timeout.resolve("timedOut"), timeoutMs);
  const ended = Promise.all([child.exited, read(child.stdout, head), read(child.stderr, head)]);
  const first = await Promise.race([ended, timeout.promise]);
  clearTimeout(timer);
  // What it has left behind in its group would hold its output open.
  killGroup(child.pid);
  if (first === "timedOut") return { state: "timedOut", output: head.text() };
  return { state: "exited", exitCode: await child.exited, output: head.text() };
}

async function read(stream: ReadableStream<Uint8Array>, head: OutputHead): Promise<void> {
  for await (const chunk of stream) head.take(chunk);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing is left.
  }
}
