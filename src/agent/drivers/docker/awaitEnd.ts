import type { ProcessIdentity } from "../../core/contract.ts";
import { isAlive, kernelBootId } from "../../platform/processIdentity.ts";
import { containerLeader, signalLeader } from "./containerLeader.ts";
import { ContainerOutput, type TakeOutput } from "./containerOutput.ts";
import type { ContainerEnd } from "./containerRun.ts";
import { type ContainerEngine, EngineError } from "./engine.ts";

/** Between looks for an engine that does not answer. */
const LOOK_AGAIN_MS = 500;
/** An engine that does not say how a container is within this counts as away. */
const ANSWER_MAX_MS = 10_000;
/** Between looks whether the container's first process has ended, which its engine may not have noticed. */
const LEADER_LOOK_MS = 1_000;
/** A restarted engine is back within this; after that the end of a container of which nothing is seen counts as unseen. */
const DOUBT_MAX_MS = 120_000;

/** A container that has begun, and what of its surroundings its end is seen by. */
export interface BegunContainer {
  readonly engine: ContainerEngine;
  readonly name: string;
  /** The engine's answer to an attach from before its beginning. */
  readonly output: Response;
  readonly take: TakeOutput;
  /** Called when its first process is known, and when it is another; null: it is not seen from here. */
  readonly onLeader: (leader: ProcessIdentity | null) => void;
  /** Default DOUBT_MAX_MS. */
  readonly doubtMaxMs?: number;
}

interface Inspected {
  readonly Id: string;
  readonly State: {
    readonly Running: boolean;
    readonly Pid: number;
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
    readonly Error: string;
  };
}

/** What the engine says of the container; null: nothing. */
type Look = Inspected | "removed" | null;

/**
 * How the container ended, with all its output taken. What the engine says is asked again whenever the wait for its answer
 * breaks: it may have been away. As long as the container's first process is seen to live, an engine may be away for ever.
 */
export async function awaitEnd(container: BegunContainer): Promise<ContainerEnd> {
  return await new Watch(container).end();
}

class Watch {
  readonly #container: BegunContainer;
  readonly #path: string;
  readonly #bootId = kernelBootId();
  #output: ContainerOutput;
  /** From before the container's beginning until now, so that it ends with it. */
  #isOutputWhole = true;
  /** Null: it was never seen. */
  #leader: ProcessIdentity | null = null;
  /** Since when the engine does not answer; null: it did when it was last asked. */
  #awaySince: number | null = null;
  /** Since when nothing says that the container lives; null: something does. */
  #doubtSince: number | null = null;
  /** The exit code that the engine told at the container's end; it does not know it any more once that is removed. */
  #told: number | null = null;

  constructor(container: BegunContainer) {
    this.#container = container;
    this.#path = `/containers/${container.name}`;
    this.#output = new ContainerOutput(container.output, container.take);
  }

  async end(): Promise<ContainerEnd> {
    for (;;) {
      const found = await this.#look();
      if (found === "removed") return await this.#removed();
      if (found !== null && !found.State.Running) return await this.#ended(found);
      if (found !== null) this.#runs(found);
      if (this.#isInDoubt(found !== null)) return await this.#givenUp();
      const isWatched = found !== null && (await this.#attached()) && (await this.#waited());
      if (!isWatched) await Bun.sleep(LOOK_AGAIN_MS);
    }
  }

  async #look(): Promise<Look> {
    try {
      const signal = AbortSignal.timeout(ANSWER_MAX_MS);
      return await this.#container.engine.json<Inspected>("GET", `${this.#path}/json`, { signal });
    } catch (error) {
      if (error instanceof EngineError && error.status === 404) return "removed";
      this.#goneAway();
      return null;
    }
  }

  #goneAway(): void {
    this.#awaySince ??= performance.now();
    this.#isOutputWhole = false;
  }

  #runs({ Id, State }: Inspected): void {
    this.#awaySince = null;
    if (this.#leader?.pid === State.Pid) return;
    const leader = containerLeader(Id, State.Pid);
    if (leader === null && this.#leader === null) return;
    this.#leader = leader;
    this.#container.onLeader(leader);
  }

  /** Whether for too long nothing has said that the container lives. An engine may miss the end of its process. */
  #isInDoubt(isSaidToRun: boolean): boolean {
    const isSeenAlive = this.#leader !== null && !this.#hasLeaderEnded();
    if (isSeenAlive || (isSaidToRun && this.#leader === null)) {
      this.#doubtSince = null;
      this.#told = null;
      return false;
    }
    this.#doubtSince ??= performance.now();
    return performance.now() - this.#doubtSince > this.#doubtMaxMs;
  }

  get #doubtMaxMs(): number {
    return this.#container.doubtMaxMs ?? DOUBT_MAX_MS;
  }

  #hasLeaderEnded(): boolean {
    return this.#leader !== null && !isAlive(this.#leader, this.#bootId);
  }

  /** False: its output is not to be had now. */
  async #attached(): Promise<boolean> {
    if (!this.#output.isOver) return true;
    const { engine, take } = this.#container;
    const path = `${this.#path}/attach?stream=1&stdout=1&stderr=1`;
    // Of the answer's beginning: the output itself takes as long as it takes.
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), ANSWER_MAX_MS);
    try {
      const response = await engine.call("POST", path, { signal: late.signal });
      this.#output = new ContainerOutput(response, take);
      return true;
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when the container may have ended; false: there is reason to wait a moment before asking. */
  async #waited(): Promise<boolean> {
    const over = new AbortController();
    const answer = this.#container.engine
      .json<{ StatusCode: number; Error?: object | null }>("POST", `${this.#path}/wait`, {
        signal: over.signal,
      })
      .then(({ StatusCode, Error: trouble }) => {
        this.#told = trouble ? null : StatusCode;
        return true;
      })
      .catch((error: unknown) => {
        const isAnswer = error instanceof EngineError && error.status !== 0;
        if (!isAnswer && !over.signal.aborted) this.#goneAway();
        return false;
      });
    for (;;) {
      const told = await Promise.race([answer, Bun.sleep(LEADER_LOOK_MS)]);
      if (told !== undefined) return told;
      if (!this.#hasLeaderEnded()) continue;
      over.abort();
      await answer;
      return false;
    }
  }

  async #ended({ State }: Inspected): Promise<ContainerEnd> {
    if (this.#isOutputWhole) await this.#output.whole();
    else await this.#output.quiet();
    const { ExitCode: exitCode, OOMKilled: oomKilled, Error: error } = State;
    const message = this.#messageOf(oomKilled ? "OOM Killed" : error);
    // Podman says -1 when it does not know.
    if (exitCode >= 0) return { status: "exited", exitCode, oomKilled, message };
    return { status: "unseen", message: message ?? "The engine does not know how it ended" };
  }

  #messageOf(said: string): string | null {
    if (this.#awaySince === null) return said === "" ? null : said;
    const seconds = Math.ceil((performance.now() - this.#awaySince) / 1000);
    const seen = `had ended when its engine was back, after ${seconds} s`;
    return said === "" ? `The container ${seen}` : `${said} (it ${seen})`;
  }

  async #removed(): Promise<ContainerEnd> {
    // An engine that was set up anew does not know what it ran.
    if (this.#leader !== null) signalLeader(this.#leader, "SIGKILL");
    await this.#output.quiet();
    return this.#endAsTold("The container was removed by somebody else");
  }

  async #givenUp(): Promise<ContainerEnd> {
    await this.#output.quiet();
    const seconds = Math.round(this.#doubtMaxMs / 1000);
    const process = this.#leader === null ? "is not to be seen" : "has ended";
    return this.#endAsTold(
      `The first process of the container ${process}, and for ${seconds} s its engine did not say how it ended`,
    );
  }

  #endAsTold(message: string): ContainerEnd {
    if (this.#told === null) return { status: "unseen", message };
    return { status: "exited", exitCode: this.#told, oomKilled: false, message };
  }
}
