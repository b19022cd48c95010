import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "../src/client/client.ts";
import { EXECUTABLE } from "./devFleet.ts";

export interface ServerProcess {
  readonly client: ReturnType<typeof createClient>;
  readonly url: string;
  readonly token: string;
  readonly pid: number;
  readonly data: string;
  /** Stops it; the data stays until `remove`. */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
  remove(): void;
}

/** The real `stint server` on an SQLite file; on the given data directory, or a new one. */
export async function startServer(
  existing?: string,
  options: readonly string[] = [],
): Promise<ServerProcess> {
  const data = existing ?? mkdtempSync(join(tmpdir(), "stint-bench-"));
  const file = join(data, "server.json");
  rmSync(file, { force: true });
  const words = ["server", "--data", data, "--port", "0", "--log-level", "warn", ...options];
  const child = Bun.spawn([EXECUTABLE, ...words], { stdout: "ignore", stderr: "inherit" });
  while (!existsSync(file)) {
    if (child.exitCode !== null)
      throw new Error(`The server ended with exit code ${child.exitCode}.`);
    await Bun.sleep(1);
  }
  const { url, token } = JSON.parse(readFileSync(file, "utf8")) as { url: string; token: string };
  return {
    client: createClient({ url, token }),
    url,
    token,
    pid: child.pid,
    data,
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      await child.exited;
    },
    remove() {
      rmSync(data, { recursive: true, force: true });
    },
  };
}
