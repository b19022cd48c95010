import { afterAll } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ProcessEntry, processesBelow, signal } from "./processes.ts";
import { until } from "./until.ts";

/** The executable under test: the built one, unless another is named. */
export const EXECUTABLE =
  process.env["STINT_EXECUTABLE"] ?? join(import.meta.dir, "..", "..", "..", "dist", "stint");

/** What a process that was waited for has said. */
export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of its own; at its end every process that has to do with it is killed, however the tests have ended. */
export class Sandbox {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), "stint-blackbox-")));
  #folders = 0;

  /** A new folder in it. */
  folder(name = "folder"): string {
    this.#folders += 1;
    const path = join(this.path, `${name}-${this.#folders}`);
    mkdirSync(path);
    return path;
  }

  /** Starts the executable with nothing of this process's own environment that could lead it elsewhere. */
  spawn(words: readonly string[], options: SpawnOptions = {}) {
    return Bun.spawn([options.executable ?? EXECUTABLE, ...words], {
      cwd: options.cwd ?? this.path,
      env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", HOME: this.path, ...options.env },
      stdin: options.input === undefined ? "ignore" : new Blob([options.input]),
      stdout: "pipe",
      stderr: "pipe",
    });
  }

  /** Runs the executable to its end. */
  async run(words: readonly string[], options: SpawnOptions = {}): Promise<Outcome> {
    const child = this.spawn(words, options);
    const [stdout, stderr, exitCode] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { exitCode, stdout, stderr };
  }

  processes(path = this.path): ProcessEntry[] {
    return processesBelow(path);
  }

  /** Kills whatever is left, also what that has started meanwhile. */
  async clear(): Promise<void> {
    await until(
      "no process of the sandbox",
      () => {
        const left = this.processes();
        for (const { pid } of left) signal(pid, "SIGKILL");
        return left;
      },
      (left) => left.length === 0,
    );
    // Tasks may have closed directories to everybody.
    Bun.spawnSync(["chmod", "-R", "u+rwX", this.path]);
    rmSync(this.path, { recursive: true, force: true });
  }
}

export interface SpawnOptions {
  readonly executable?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads on standard input; absent: nothing. */
  readonly input?: string;
}

/** A sandbox for the tests of this file, cleared after the last. */
export function useSandbox(): Sandbox {
  const sandbox = new Sandbox();
  afterAll(() => sandbox.clear());
  return sandbox;
}
