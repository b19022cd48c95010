import type { Started, StartPlace } from "../platform/startPlace.ts";
import type { SpawnGroups } from "../shim/message.ts";
import { EXECUTE_OUTPUT_MAX_BYTES, type ExecuteResult, type Launch } from "./driver.ts";
import { OutputHead } from "./outputHead.ts";

/** Runs a program to its end, or its timeout; its group of processes is killed then. */
export async function executeProcess(
  launch: Launch,
  groups: SpawnGroups | null,
  place: StartPlace,
  timeoutMs: number,
): Promise<ExecuteResult> {
  const head = new OutputHead(EXECUTE_OUTPUT_MAX_BYTES);
  let started: Started<Bun.Subprocess<"ignore", "pipe", "pipe">>;
  try {
    started = place.start({ ...launch, groups }, false, ({ words, options, further }) =>
      Bun.spawn(words, { ...options, stdio: ["ignore", "pipe", "pipe", ...further] }),
    );
  } catch (error) {
    return { state: "failed", message: error instanceof Error ? error.message : String(error) };
  }
  const { child } = started;
  const timeout = Promise.withResolvers<"timedOut">();
  const timer = setTimeout(() => timeout.resolve("timedOut"), timeoutMs);
  const ended = Promise.all([child.exited, read(child.stdout, head), read(child.stderr, head)]);
  const first = await Promise.race([ended, timeout.promise]);
  const failure = first === "timedOut" ? null : await started.begun;
  clearTimeout(timer);
  // What it has left behind in its group would hold its output open.
  killGroup(child.pid);
  if (failure) return { state: "failed", message: failure.reason };
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
