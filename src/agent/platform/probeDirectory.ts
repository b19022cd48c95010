/** Longer than a server of files takes that is there. */
const PROBE_TIMEOUT_MS = 5_000;

/**
 * Whether the directory answers, asked for by another process: one whose server is gone stops the thread that asks, for
 * as long as that lasts. Null: it does; else why not, as the rest of a sentence.
 */
export async function probeDirectory(
  path: string,
  timeoutMs = PROBE_TIMEOUT_MS,
): Promise<string | null> {
  const child = Bun.spawn(["/bin/ls", "-d", "--", `${path}/.`], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
    env: { LANG: "C" },
  });
  const timeout = Promise.withResolvers<"silent">();
  const timer = setTimeout(() => timeout.resolve("silent"), timeoutMs);
  const first = await Promise.race([child.exited, timeout.promise]);
  clearTimeout(timer);
  if (first === 0) return null;
  if (first !== "silent") return "it is no directory that is there";
  // It may go only once the server is back.
  child.kill("SIGKILL");
  child.unref();
  return `it did not answer within ${timeoutMs / 1000} s`;
}
