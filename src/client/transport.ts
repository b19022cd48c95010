import type {
  ApiAnswer,
  ApiBody,
  ApiKey,
  ApiParameters,
  ApiQuery,
} from "../protocol/api/endpoint/table.ts";
import { ApiError, ConnectionError, errorOf } from "./apiError.ts";

export interface ClientOptions {
  /** As `http://127.0.0.1:7460`. */
  readonly url: string;
  readonly token?: string;
  /** Another implementation of fetch, for tests. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** A body that is no JSON. */
export type Content = Blob | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | string;

/** Bytes from `first` to `last`, both included; without `last` to the end. */
export interface ByteRange {
  readonly first: number;
  readonly last?: number;
}

export function rangeHeader(range: ByteRange | undefined): Record<string, string> {
  return range === undefined ? {} : { range: `bytes=${range.first}-${range.last ?? ""}` };
}

type Given<Name extends string, Value> = unknown extends Value
  ? { readonly [Key in Name]?: undefined }
  : undefined extends Value
    ? { readonly [Key in Name]?: Value }
    : { readonly [Key in Name]: Value };

/** What a call takes: path parameters, query and body as they are declared. */
export type CallInput<Key extends ApiKey> = Given<"parameters", ApiParameters<Key>> &
  Given<"query", ApiQuery<Key> | undefined> &
  Given<"body", ApiBody<Key>> & {
    /** A repetition of a create under the same key gives the first answer. */
    readonly idempotencyKey?: string | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly headers?: Readonly<Record<string, string>>;
    readonly bytes?: Content;
  };

interface AnyInput {
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: unknown;
  readonly idempotencyKey?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly bytes?: RequestInit["body"];
}

const API_BASE = "/api/v1";

function pathOf(template: string, parameters: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)(\*?)\}/g, (_, name: string, rest: string) => {
    const value = parameters[name] ?? "";
    const segments = rest === "" ? [value] : value.split("/");
    return segments.map((segment) => encodedSegment(name, segment, rest !== "")).join("/");
  });
}

/** A segment that is empty, `.` or `..` would make another path of it: a task's would become its job's. */
function encodedSegment(name: string, segment: string, isPath: boolean): string {
  if (segment !== "" && segment !== "." && segment !== "..") return encodeURIComponent(segment);
  const given = JSON.stringify(segment);
  throw new ApiError(400, {
    error: {
      code: isPath ? "PathRefused" : "InvalidPropertyValue",
      message: `Expected ${name} to name something, got ${given}; nothing was sent.`,
      field: name,
      given: segment,
      fix: isPath ? "Give a path below its root." : "Ids are letters, digits, - and _.",
    },
    requestId: "",
  });
}

function searchOf(query: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams();
  for (const [name, value] of given) {
    // A value of several stands there several times: ids may hold any sign that could part them.
    for (const one of [value].flat()) search.append(name, String(one));
  }
  return given.length === 0 ? "" : `?${search}`;
}

/** Sends requests to one server. */
export class Transport {
  readonly #options: ClientOptions;
  readonly #base: string;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#base = options.url.replace(/\/+$/, "");
  }

  /** The declared answer. Throws ApiError for a refusal, ConnectionError when there was no answer. */
  async call<Key extends ApiKey>(key: Key, input: CallInput<Key>): Promise<ApiAnswer<Key>> {
    const response = await this.open(key, input);
    const text = await this.#received(response.text());
    return (text === "" ? undefined : JSON.parse(text)) as ApiAnswer<Key>;
  }

  /** The response to a success, its body not yet read. */
  async open<Key extends ApiKey>(key: Key, input: CallInput<Key>): Promise<Response> {
    const response = await this.#received(this.#send(this.#requestOf(key, input as AnyInput)));
    if (!response.ok) throw await errorOf(response);
    return response;
  }

  #requestOf(key: ApiKey, input: AnyInput): Request {
    const [method = "", template = ""] = key.split(" ");
    const path = pathOf(template, input.parameters ?? {}) + searchOf(input.query ?? {});
    const headers = new Headers(input.headers);
    if (this.#options.token !== undefined) {
      headers.set("authorization", `Bearer ${this.#options.token}`);
    }
    if (input.idempotencyKey !== undefined) headers.set("idempotency-key", input.idempotencyKey);
    if (input.body !== undefined) headers.set("content-type", "application/json");
    const body = input.body === undefined ? input.bytes : JSON.stringify(input.body);
    return new Request(this.#base + API_BASE + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      ...(input.signal === undefined ? {} : { signal: input.signal }),
    });
  }

  #send(request: Request): Promise<Response> {
    if (this.#options.fetch !== undefined) return this.#options.fetch(request);
    // Bun ends a response on which nothing comes for five minutes; followed output may be quiet for longer.
    const withoutTimeout = { timeout: false };
    return fetch(request, withoutTimeout);
  }

  async #received<Value>(answer: Promise<Value>): Promise<Value> {
    try {
      return await answer;
    } catch (cause) {
      if (cause instanceof Error && cause.name === "AbortError") throw cause;
      throw new ConnectionError(this.#base, { cause });
    }
  }
}
