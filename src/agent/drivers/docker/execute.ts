import { EXECUTE_OUTPUT_MAX_BYTES, type ExecuteResult } from "../driver.ts";
import { OutputHead } from "../outputHead.ts";
import { ContainerExec } from "./containerExec.ts";
import type { ContainerEngine } from "./engine.ts";
import { newFrameSplitter } from "./frames.ts";

/** Runs a command in a container that runs. */
export async function executeInContainer(
  engine: ContainerEngine,
  name: string,
  command: readonly string[],
  timeoutMs: number,
): Promise<ExecuteResult> {
  const head = new OutputHead(EXECUTE_OUTPUT_MAX_BYTES);
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const exec = await ContainerExec.create(engine, name, { Cmd: command }, signal);
    const output = await engine.call("POST", `/exec/${exec.id}/start`, {
      body: { Detach: false, Tty: false },
      signal,
    });
    const take = newFrameSplitter((_, bytes) => head.take(bytes));
    for await (const chunk of output.body ?? []) take(chunk);
    const { ExitCode } = await exec.inspect(signal);
    return { state: "exited", exitCode: ExitCode ?? 0, output: head.text() };
  } catch (error) {
    // The engine cannot end a command; the container's own end does.
    if (signal.aborted) return { state: "timedOut", output: head.text() };
    return { state: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}
