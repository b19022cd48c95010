import { REQUEST_ERROR_STATUS, type RequestErrorCode } from "../../model/requestError.ts";
import type { ErrorAnswer } from "../../protocol/api/answer/error.ts";
import type { Checked, ErrorDetail } from "../../protocol/api/check.ts";
import { StoreError } from "../../store/store.ts";
import { NodeUnreachable, Unavailable } from "./context.ts";

/** An expected refusal on its way to the caller; thrown by handlers, answered in one place. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly detail: ErrorDetail;
  readonly headers: Readonly<Record<string, string>>;

  constructor(detail: ErrorDetail, headers: Readonly<Record<string, string>> = {}) {
    super(detail.message);
    this.detail = detail;
    this.headers = headers;
  }
}

export function refuse(
  code: RequestErrorCode,
  message: string,
  fix: string,
  more: Pick<ErrorDetail, "field" | "expected" | "given"> = {},
): Refusal {
  return new Refusal({ code, message, fix, ...more });
}

/** The value of a check; throws the refusal of one that failed. */
export function accepted<Value>(checked: Checked<Value>): Value {
  if (!checked.ok) throw new Refusal(checked.error);
  return checked.value;
}

const SECOND_MS = 1000;

function detailOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof Unavailable) {
    const seconds = Math.max(1, Math.ceil(error.retryAfterMs / SECOND_MS));
    const fix = `Nothing was changed: try again in ${seconds} s.`;
    const detail: ErrorDetail = { code: "ServerBusy", message: error.message, fix };
    return new Refusal(detail, { "retry-after": String(seconds) });
  }
  if (error instanceof NodeUnreachable) {
    const fix = "Wait until it is connected again; see its state with GET /api/v1/nodes.";
    return refuse("NodeNotReachable", error.message, fix);
  }
  if (error instanceof StoreError && error.code === "badCursor") {
    const fix = "Take the cursor from the page before, with the same filters.";
    return refuse("InvalidQueryParameterValue", error.message, fix, { field: "cursor" });
  }
  const fix = "Look into the server's log for this request's id.";
  return refuse("InternalError", "The server came upon an error of its own.", fix);
}

/** The response to an error. `isExpected` is false for what should be reported. */
export function errorResponse(
  error: unknown,
  requestId: string,
): { readonly response: Response; readonly isExpected: boolean } {
  const refusal = detailOf(error);
  const { code, message, field, expected, given, fix } = refusal.detail;
  const body: ErrorAnswer = {
    error: {
      code,
      message,
      ...(field === undefined ? {} : { field }),
      ...(expected === undefined ? {} : { expected }),
      ...(given === undefined ? {} : { given }),
      fix,
    },
    requestId,
  };
  const headers = { ...refusal.headers, "request-id": requestId };
  const response = Response.json(body, { status: REQUEST_ERROR_STATUS[code], headers });
  return { response, isExpected: code !== "InternalError" };
}
