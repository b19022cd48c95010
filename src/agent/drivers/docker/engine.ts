/** Longest answer of the engine that is told to people. */
const REASON_MAX_LENGTH = 500;

/** The engine answered with an error, or did not answer (`status` 0). */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly status: number;

  constructor(message: string, options: ErrorOptions & { readonly status: number }) {
    super(message, options);
    this.status = options.status;
  }
}

/**
 * Talks to Docker, or to Podman's service of the same interface, over its Unix socket. Paths carry no version: the
 * engine's own is the one it certainly speaks.
 */
export class ContainerEngine {
  readonly #findSocket: () => string;

  constructor(findSocket: () => string) {
    this.#findSocket = findSocket;
  }

  get socketPath(): string {
    return this.#findSocket();
  }

  /** Throws EngineError, also for an answer that is an error. */
  async call(method: string, path: string, more: EngineCall = {}): Promise<Response> {
    const { body, headers, signal } = more;
    const { socketPath } = this;
    let response: Response;
    try {
      response = await fetch(`http://localhost${path}`, {
        unix: socketPath,
        method,
        timeout: false,
        headers: { "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { body: bodyOf(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      throw silence(socketPath, error);
    }
    if (response.ok || response.status === 304) return response;
    throw new EngineError(reasonOf(await response.text()), { status: response.status });
  }

  /** Throws EngineError; an answer that breaks off is none. */
  async json<Answer>(method: string, path: string, more: EngineCall = {}): Promise<Answer> {
    const response = await this.call(method, path, more);
    return (await this.#whole(response.json())) as Answer;
  }

  /** As `call`, without an interest in the answer; false: there is no such thing. */
  async act(method: string, path: string, more: EngineCall = {}): Promise<boolean> {
    try {
      const response = await this.call(method, path, more);
      await this.#whole(response.arrayBuffer());
      return true;
    } catch (error) {
      if (error instanceof EngineError && (error.status === 404 || error.status === 409)) {
        return false;
      }
      throw error;
    }
  }

  async #whole<Body>(body: Promise<Body>): Promise<Body> {
    try {
      return await body;
    } catch (error) {
      throw silence(this.socketPath, error);
    }
  }
}

function silence(socketPath: string, cause: unknown): EngineError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const { code } = cause as { code?: unknown };
  // The runtime's words for these are about web addresses.
  const reason = typeof code === "string" ? code : message;
  return new EngineError(`${socketPath} does not answer: ${reason}`, { status: 0, cause });
}

/** Whether the engine did not answer, or could not, so that it may be asked again. */
export function isAway(error: unknown): boolean {
  return error instanceof EngineError && (error.status === 0 || error.status >= 500);
}

export interface EngineCall {
  /** Bytes as they are, anything else as JSON. */
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

function bodyOf(body: object): Uint8Array<ArrayBuffer> | string {
  return body instanceof Uint8Array ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body);
}

function reasonOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === "string") return message.trim().slice(0, REASON_MAX_LENGTH);
  } catch {
    // Not JSON.
  }
  return text.trim().slice(0, REASON_MAX_LENGTH);
}
