import type { RequestInput } from "../../engine/input.ts";
import type { Checked } from "../../protocol/api/check.ts";
import { check } from "../../protocol/api/check.ts";
import type {
  AnswerOf,
  BodyOf,
  Endpoint,
  EndpointKey,
  ParametersOf,
  QueryOf,
} from "../../protocol/api/endpoint/endpoint.ts";
import type { ScriptCaller } from "../access/fileTokens.ts";
import { type Act, auditNote } from "../audit/act.ts";
import { parseJson, readText } from "./body.ts";
import type { Caller, ServerContext } from "./context.ts";
import { type Create, Creates, idempotencyKey, requestHash } from "./idempotency.ts";
import { accepted, Refusal, refuse } from "./refusal.ts";

/** A request on its way through a handler. */
export interface Call<Key extends EndpointKey, Declared> {
  readonly request: Request;
  /** Null where an endpoint asks for nothing. */
  readonly caller: Caller | null;
  /** The execution whose file token the request came with, instead of a caller; null: it came with none. */
  readonly script: ScriptCaller | null;
  readonly parameters: ParametersOf<Key>;
  readonly query: QueryOf<Declared>;
  /** Checked by the declared schema. */
  body(): Promise<BodyOf<Declared>>;
  /** Checked by another function than the schema: one that knows more rules, or is faster. */
  bodyBy<Value>(checkBody: (body: unknown) => Checked<Value>): Promise<Value>;
  /**
   * Submits a create; repetitions under its Idempotency-Key get the first answer. Requests that make the same input are the
   * same, however they are written; `rest` is what makes a difference beside it.
   */
  create(input: RequestInput, answer: Create["answer"], rest?: unknown): Promise<Response>;
}

/** Answers with the declared kind of value, or with a response of its own making. */
export type Handler<Key extends EndpointKey, Declared> = (
  call: Call<Key, Declared>,
) => Promise<AnswerOf<Declared> | Response>;

/** One handler for each endpoint of a table. */
export type HandlersOf<Table> = {
  readonly [Key in keyof Table & EndpointKey]: Handler<Key, Table[Key]>;
};

/** What every handler sees once its types are forgotten. */
export type AnyHandler = (call: AnyCall) => Promise<unknown>;
export type AnyCall = Call<EndpointKey, Endpoint>;

/** Parameters of the query as given: text, or a list where a name stands several times. */
function queryValues(url: URL): Record<string, string | string[]> {
  const values: Record<string, string | string[]> = {};
  for (const name of new Set(url.searchParams.keys())) {
    const all = url.searchParams.getAll(name);
    values[name] = all.length === 1 ? (all[0] ?? "") : all;
  }
  return values;
}

function checkedQuery(endpoint: Endpoint, url: URL): unknown {
  if (url.search === "") return endpoint.query === undefined ? undefined : {};
  const values = queryValues(url);
  if (endpoint.query !== undefined) return accepted(check(endpoint.query, values, "query"));
  const [name] = Object.keys(values);
  if (name === undefined) return undefined;
  throw refuse(
    "InvalidQueryParameterValue",
    `Expected no query parameters, and got ${name}.`,
    `Remove ${name}.`,
    { field: name },
  );
}

export interface Arrival {
  readonly request: Request;
  readonly caller: Caller | null;
  readonly script: ScriptCaller | null;
  readonly act: Act;
  /** Decoded. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Makes the calls of one server. */
export class Calls {
  readonly #creates: Creates;

  constructor(context: ServerContext) {
    this.#creates = new Creates(context.store, context.requests);
  }

  of(endpoint: Endpoint, { request, caller, script, act, parameters }: Arrival): AnyCall {
    const url = new URL(request.url);
    const raw = async () => {
      const text = await readText(request);
      const body = parseJson(text);
      act.asks(text, body);
      return body === undefined && endpoint.bodyIsOptional === true ? {} : body;
    };
    return {
      request,
      caller,
      script,
      parameters,
      query: checkedQuery(endpoint, url) as undefined,
      body: async () => {
        if (endpoint.body === undefined) throw new Error("Expected an endpoint with a body.");
        return accepted(check(endpoint.body, await raw())) as undefined;
      },
      bodyBy: async (checkBody) => accepted(checkBody(await raw())),
      create: async (input, answer, rest = null) => {
        const key = idempotencyKey(request);
        // The input is built field by field, so that its JSON does not depend on the order in the request.
        const made = key === null ? "" : JSON.stringify([input, rest]);
        const hash = key === null ? "" : requestHash(request.method, url.pathname, made);
        const { status, body } = await this.#creates.submit({ key, hash, input, answer });
        return new Response(body, { status, headers: { "content-type": "application/json" } });
      },
    };
  }
}

/** Submits what is no create: throws the engine's refusal. */
export async function submit(context: ServerContext, input: RequestInput): Promise<void> {
  const reply = await context.requests.submit(input, { audit: auditNote() });
  if (!reply.ok) throw new Refusal(reply.error);
}
