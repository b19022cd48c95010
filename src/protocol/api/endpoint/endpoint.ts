import type { z } from "@hono/zod-openapi";
import { ACCEPTED } from "../answer/page.ts";

/** Every path of the API is below it. */
export const API_BASE = "/api/v1";

/** What a caller may be allowed to do; which role may is the server's table. */
export type Action =
  /** Nothing needs to be known of the caller. */
  | "ask"
  | "read"
  | "runJobs"
  /** Run a command inside an execution, as its user. */
  | "enter"
  | "managePools"
  | "manageAccess";

/** What a success is answered with. */
export type Answer =
  | { readonly kind: "json"; readonly status: 200 | 201 | 202; readonly schema: z.ZodType }
  | { readonly kind: "nothing"; readonly status: 204 }
  /** Bytes as they are; ranges are understood. */
  | { readonly kind: "bytes"; readonly status: 200 }
  /** The connection becomes a WebSocket. */
  | { readonly kind: "webSocket"; readonly status: 101 }
  | { readonly kind: "text"; readonly status: 200; readonly contentType: string };

/** What was asked for, or what it has become. */
export function json<Schema extends z.ZodType>(schema: Schema) {
  return { kind: "json", status: 200, schema } as const;
}

export function created<Schema extends z.ZodType>(schema: Schema) {
  return { kind: "json", status: 201, schema } as const;
}

/** What was asked for is under way. */
export function accepted() {
  return { kind: "json", status: 202, schema: ACCEPTED } as const;
}

export function nothing() {
  return { kind: "nothing", status: 204 } as const;
}

export function webSocket() {
  return { kind: "webSocket", status: 101 } as const;
}

export function bytes() {
  return { kind: "bytes", status: 200 } as const;
}

/**
 * One method on one path, declared once: the server's handlers, the OpenAPI document and the typed client all come from it.
 * Its key in the table is `METHOD /path/{parameter}`; `{path*}` takes the rest of the path, slashes included.
 */
export interface Endpoint {
  readonly summary: string;
  readonly action: Action;
  readonly query?: z.ZodObject;
  /** Nobody needs to be logged in; who sends a token is known by it. */
  readonly namesCaller?: boolean;
  /** Scripts may ask, too, with the file token of their execution. */
  readonly takesFileToken?: boolean;
  /** The JSON body; absent: none is read. */
  readonly body?: z.ZodType;
  /** The body may be left out altogether. */
  readonly bodyIsOptional?: boolean;
  /** Command lines and environments are in the body: of it the audit log gets a digest. */
  readonly recordsDigest?: boolean;
  /** The body is taken as it comes, and is no JSON. */
  readonly takesBytes?: boolean;
  /** A repetition under the same Idempotency-Key gives the first answer. */
  readonly idempotent?: boolean;
  readonly answer: Answer;
}

/** A part of the table, checked and with the types of its schemas kept. */
export function endpoints<const Table extends Readonly<Record<EndpointKey, Endpoint>>>(
  table: Table,
): Table {
  return table;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
export type EndpointKey = `${Method} /${string}`;

/** The parameters of a path by name. */
export type ParametersOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [Key in Name extends `${infer Plain}*` ? Plain : Name]: string } & ParametersOf<Rest>
  : unknown;

export type QueryOf<Declared> = Declared extends { query: infer Query extends z.ZodType }
  ? z.output<Query>
  : undefined;

export type BodyOf<Declared> = Declared extends { body: infer Body extends z.ZodType }
  ? z.output<Body>
  : undefined;

export type AnswerOf<Declared> = Declared extends {
  answer: { kind: "json"; schema: infer Schema extends z.ZodType };
}
  ? z.output<Schema>
  : undefined;
