import type { ErrorAnswer } from "../protocol/api/answer/error.ts";

/** A refusal of the server. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** As `JobNotFound`; what programs decide by. */
  readonly code: string;
  /** Path of the field at fault, as `constraints.maxWallClockTime`. */
  readonly field: string | undefined;
  readonly expected: string | undefined;
  readonly given: string | undefined;
  /** What to do about it. */
  readonly fix: string;
  /** By which the server's log knows the request. */
  readonly requestId: string;

  constructor(status: number, { error, requestId }: ErrorAnswer) {
    super(error.message);
    this.status = status;
    this.code = error.code;
    this.field = error.field;
    this.expected = error.expected;
    this.given = error.given;
    this.fix = error.fix;
    this.requestId = requestId;
  }
}

/** Why there was no answer, without the advice that the runtime has for those who call its fetch. */
export function reasonOf(cause: unknown): string {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return reason.replace(/\s*For more information, pass `verbose: true`.*$/s, "");
}

/** No server answered, or the connection broke. Whether a change was made is not known. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly url: string;

  constructor(url: string, options: { readonly cause: unknown }) {
    const reason = reasonOf(options.cause);
    super(`Expected a Stint server at ${url}, and could not talk to it: ${reason}`, options);
    this.url = url;
  }
}

/** The error of a response that is no success. */
export async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text();
  return new ApiError(response.status, parseError(text) ?? foreignError(response, text));
}

function parseError(text: string): ErrorAnswer | null {
  try {
    const body: unknown = JSON.parse(text);
    const isOurs = typeof body === "object" && body !== null && "error" in body;
    return isOurs ? (body as ErrorAnswer) : null;
  } catch {
    return null;
  }
}

const SHOWN_LENGTH = 200;

/** Something between us and the server answered, or a server that is none of ours. */
function foreignError({ status, statusText }: Response, text: string): ErrorAnswer {
  const message = `Expected an answer of a Stint server and got ${status} ${statusText}`.trimEnd();
  return {
    error: {
      code: "UnexpectedAnswer",
      message: `${message}: ${text.slice(0, SHOWN_LENGTH)}`,
      fix: "Check the URL, and what lies between here and the server.",
    },
    requestId: "",
  };
}
