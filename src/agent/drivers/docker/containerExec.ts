import { type ContainerEngine, EngineError } from "./engine.ts";

/** A command in a container as its engine sees it. */
export interface InspectedExec {
  readonly Running: boolean;
  readonly ExitCode: number | null;
  /** Of the engine's machine; 0 before it runs. */
  readonly Pid: number;
  readonly ContainerID: string;
}

export interface ExecWish {
  readonly Cmd: readonly string[];
  readonly AttachStdin?: boolean;
  readonly Tty?: boolean;
  readonly Env?: readonly string[];
}

const LOOK_AGAIN_MS = 20;
/** An engine that is asked what it knows answers within this. */
const ANSWER_MAX_MS = 5_000;

/** A command that an engine has been told of. */
export class ContainerExec {
  readonly engine: ContainerEngine;
  readonly container: string;
  readonly id: string;

  private constructor(engine: ContainerEngine, container: string, id: string) {
    this.engine = engine;
    this.container = container;
    this.id = id;
  }

  /** It begins when it is started. Throws EngineError. */
  static async create(
    engine: ContainerEngine,
    container: string,
    wish: ExecWish,
    signal: AbortSignal,
  ): Promise<ContainerExec> {
    const body = { ...wish, AttachStdout: true, AttachStderr: true };
    const path = `/containers/${container}/exec`;
    const { Id } = await engine.json<{ Id: string }>("POST", path, { body, signal });
    return new ContainerExec(engine, container, Id);
  }

  /** Throws EngineError. */
  inspect(signal: AbortSignal): Promise<InspectedExec> {
    return this.engine.json<InspectedExec>("GET", `/exec/${this.id}/json`, { signal });
  }

  /**
   * As the engine sees it once that holds. An engine that does not answer is asked again; throws EngineError when it does
   * not say so within `maxMs`, or knows it no more (404).
   */
  async inspected(
    holds: (exec: InspectedExec) => boolean,
    maxMs: number,
    signal: AbortSignal | null = null,
  ): Promise<InspectedExec> {
    const until = performance.now() + maxMs;
    for (;;) {
      let trouble: unknown = null;
      try {
        const answerBy = AbortSignal.timeout(Math.min(ANSWER_MAX_MS, maxMs));
        const exec = await this.inspect(
          signal === null ? answerBy : AbortSignal.any([signal, answerBy]),
        );
        if (holds(exec)) return exec;
      } catch (error) {
        const isUnknown = error instanceof EngineError && error.status === 404;
        if (isUnknown || signal?.aborted === true) throw error;
        trouble = error;
      }
      if (performance.now() > until) {
        throw (
          trouble ?? new EngineError("it does not say what became of the command", { status: 0 })
        );
      }
      await Bun.sleep(LOOK_AGAIN_MS);
    }
  }
}
