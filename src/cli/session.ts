import { type Client, createClient } from "../client/client.ts";
import { findServer, type ServerAddress } from "./connection.ts";
import { type CliIo, writeTo } from "./io.ts";

/** How results are printed: for people, as the API's JSON, or as tab-separated values. */
export type OutputForm = "box" | "json" | "tsv";

export interface SessionOptions {
  readonly io: CliIo;
  readonly form: OutputForm;
  readonly server: string | undefined;
  readonly tokenFile: string | undefined;
  readonly signal: AbortSignal;
}

/** What an action works with: the server, and where its output goes. */
export class Session {
  readonly io: CliIo;
  readonly form: OutputForm;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly #options: SessionOptions;
  #address: Promise<ServerAddress> | undefined;

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

  async client(): Promise<Client> {
    const { url, token } = await this.address();
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
