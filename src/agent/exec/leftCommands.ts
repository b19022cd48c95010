import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProcessIdentity } from "../core/contract.ts";
import { kernelBootId } from "../platform/processIdentity.ts";
import { endProcessSession, identityOf } from "../platform/processSession.ts";

/**
 * Commands of sessions that run, as files: they are the agent's own children and no shim knows of them, so an agent that
 * was killed leaves them to the next one to end.
 */
export class LeftCommands {
  readonly #directory: string;
  readonly #bootId = kernelBootId();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Ends what an earlier life of the agent has left. */
  async end(): Promise<void> {
    const endNoted = async (path: string): Promise<void> => {
      const leader = readIdentity(path);
      if (leader !== null) await endProcessSession(leader, this.#bootId);
      rmSync(path, { force: true });
    };
    await Promise.all(this.#paths().map(endNoted));
  }

  /** Notes a command that has begun; what is returned is called at its end. */
  note(pid: number): () => void {
    const leader = identityOf(pid, this.#bootId);
    if (leader === null) return () => undefined;
    // The number may be another command's while this one is still being seen to its end.
    const path = join(this.#directory, `${pid}-${leader.startTicks}`);
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    writeFileSync(path, JSON.stringify(leader));
    return () => rmSync(path, { force: true });
  }

  #paths(): string[] {
    try {
      return readdirSync(this.#directory).map((name) => join(this.#directory, name));
    } catch {
      return [];
    }
  }
}

/** Null: it was being written when the agent was killed. */
function readIdentity(path: string): ProcessIdentity | null {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as ProcessIdentity;
  } catch {
    return null;
  }
}
