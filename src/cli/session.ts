import { type Client, createClient } from "../client/client.ts";
import { findServer, type ServerAddress } from "./connection.ts";
import { CliError } from "./failure.ts";
import { type CliIo, writeTo } from "./io.ts";
import { isOver, type Login } from "./logins.ts";

/** How results are printed: for people, as the API's JSON, or as tab-separated values. */
export type OutputForm = "box" | "json" | "tsv";

export interface SessionOptions {
  readonly io: CliIo;
  readonly form: OutputForm;
  readonly server: string | undefined;
  readonly tokenFile: string | undefined;
  readonly signal: AbortSignal;
  /** Whether the address that is asked, and as whom, is told first, as users of fleet operations know it. */
  readonly tellsRequest: boolean;
}

/** As whom a client asks: with the token that was found, also with one where none is needed, or with none. */
export type Caller = "somebody" | "anybody" | "nobody";

/** What an action works with: the server, and where its output goes. */
export class Session {
  readonly io: CliIo;
  readonly form: OutputForm;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly #options: SessionOptions;
  #address: Promise<ServerAddress> | undefined;
  /** The login that the client has used; null: none. */
  login: Login | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.io = options.io;
    this.form = options.form;
    this.signal = options.signal;
  }

  /** Throws CliError when no server is known. */
  address(): Promise<ServerAddress> {
    const { io, server, tokenFile } = this.#options;
    const currentFolder = io.currentFolder ?? process.cwd();
    this.#address ??= findServer({ server, tokenFile, env: io.env, currentFolder });
    return this.#address;
  }

  /** Throws CliError when the login has ended and one is needed. */
  async client(caller: Caller = "somebody"): Promise<Client> {
    const { url, token, login } = await this.address();
    const hasEnded = login !== null && isOver(login, this.io.now());
    if (hasEnded && caller === "somebody") throw loginEnded(login);
    const isNobody = hasEnded || caller === "nobody";
    return await this.#clientOf(url, isNobody ? undefined : token, isNobody ? null : login);
  }

  /** Of a login, whatever other tokens there are. */
  async clientOf(login: Login): Promise<Client> {
    const { url } = await this.address();
    return await this.#clientOf(url, login.token, login);
  }

  async #clientOf(url: string, token: string | undefined, login: Login | null): Promise<Client> {
    this.login = login;
    if (this.#options.tellsRequest) {
      const user = login === null ? "" : `;user=${login.userId}`;
      await this.note(`Requesting ${url}${user}`);
    }
    const { fetch } = this.io;
    return createClient({
      url,
      ...(token === undefined ? {} : { token }),
      ...(fetch === undefined ? {} : { fetch }),
    });
  }

  write(chunk: string | Uint8Array): Promise<void> {
    return writeTo(this.io.stdout, chunk);
  }

  /** A line of the result. */
  print(line: string): Promise<void> {
    return this.write(`${line}\n`);
  }

  /** A line beside the result: progress, hints. */
  note(line: string): Promise<void> {
    return writeTo(this.io.stderr, `${line}\n`);
  }
}

function loginEnded({ userId, url }: Login): CliError {
  return new CliError(`The login of ${userId} at ${url} has ended.`, {
    fix: `Log in again with \`stint user login -id ${userId}\`, or forget it with \`stint user logout\`.`,
  });
}
