import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { API_BASE, type Endpoint, type EndpointKey } from "../../protocol/api/endpoint/endpoint.ts";
import { type Api, ENDPOINTS } from "../../protocol/api/endpoint/table.ts";
import { fileTokenOf, type ScriptCaller } from "../access/fileTokens.ts";
import { accessKeyHandlers } from "../fleet/accessKeys.ts";
import { definitionHandlers } from "../fleet/definitions.ts";
import { instanceHandlers } from "../fleet/instances.ts";
import { nodeGroupHandlers } from "../fleet/nodeGroups.ts";
import { scriptHandlers } from "../fleet/scripts.ts";
import { userGroupHandlers } from "../fleet/userGroups.ts";
import { userHandlers } from "../fleet/users.ts";
import { repositoryHandlers } from "../repository/handlers.ts";
import { type AnyHandler, Calls, type HandlersOf } from "./call.ts";
import type { Caller, ServerContext } from "./context.ts";
import { eventHandlers } from "./events.ts";
import { executionHandlers } from "./executions.ts";
import { fileHandlers } from "./files.ts";
import { groupHandlers } from "./groups.ts";
import { jobHandlers } from "./jobs.ts";
import { nodeHandlers } from "./nodes.ts";
import { openApiDocument } from "./openApi.ts";
import { authorise } from "./permissions.ts";
import { poolHandlers } from "./pools.ts";
import { errorResponse, Refusal, refuse } from "./refusal.ts";
import { systemHandlers } from "./system.ts";
import { taskHandlers } from "./tasks.ts";

const REQUEST_ID = /^[\w.:-]{1,64}$/;

/** The caller's own name for the request, else a new one. */
export function requestIdOf(request: Request): string {
  const given = request.headers.get("x-request-id") ?? "";
  return REQUEST_ID.test(given) ? given : crypto.randomUUID();
}

/** `/jobs/:jobId/files/:path{.+}` of `/jobs/{jobId}/files/{path*}`. */
function routePath(path: string): string {
  return path.replace(/\{(\w+)\*\}/g, ":$1{.+}").replace(/\{(\w+)\}/g, ":$1");
}

/** Methods of the API's paths, to tell a wrong method from a wrong path. */
function methodsByPath(): { readonly pattern: RegExp; readonly methods: string[] }[] {
  const byPath = new Map<string, string[]>();
  for (const key of Object.keys(ENDPOINTS)) {
    const [method = "", path = ""] = key.split(" ");
    byPath.set(path, [...(byPath.get(path) ?? []), method]);
  }
  return [...byPath].map(([path, methods]) => {
    const pattern = path.replace(/\{\w+\*\}/g, ".+").replace(/\{\w+\}/g, "[^/]+");
    const all = methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
    return { pattern: new RegExp(`^${API_BASE}${pattern}$`), methods: all };
  });
}

function unknownPath(known: ReturnType<typeof methodsByPath>, request: Request): Refusal {
  const { pathname } = new URL(request.url);
  const methods = known.filter(({ pattern }) => pattern.test(pathname)).flatMap((at) => at.methods);
  if (methods.length === 0) {
    const fix = `The paths of ${API_BASE} are listed in /api/openapi.json.`;
    return refuse("ResourceNotFound", `There is nothing at ${pathname}.`, fix);
  }
  const allow = [...new Set(methods)].join(", ");
  const message = `Expected one of the methods ${allow} at ${pathname} and got ${request.method}.`;
  const detail = { code: "UnsupportedHttpVerb", message, fix: `Use ${allow}.` } as const;
  return new Refusal({ ...detail, expected: allow, given: request.method }, { allow });
}

interface Asker {
  readonly caller: Caller | null;
  readonly script: ScriptCaller | null;
}

async function askerOf(
  context: ServerContext,
  endpoint: Endpoint,
  request: Request,
): Promise<Asker> {
  const token = endpoint.takesFileToken === true ? fileTokenOf(request) : null;
  if (token === null) {
    return { caller: await callerOf(context, endpoint, request), script: null };
  }
  const check = await context.fileTokens.check(token);
  if (!check.ok) throw new Refusal(check.error, { "www-authenticate": "Bearer" });
  return { caller: null, script: check.caller };
}

async function callerOf(context: ServerContext, endpoint: Endpoint, request: Request) {
  const isGiven = (request.headers.get("authorization") ?? "") !== "";
  if (endpoint.action === "ask" && !(endpoint.namesCaller === true && isGiven)) return null;
  const authentication = await context.authenticate(request);
  if (!authentication.ok) {
    throw new Refusal(authentication.error, { "www-authenticate": "Bearer" });
  }
  authorise(authentication.caller, endpoint.action);
  return authentication.caller;
}

function responseOf(endpoint: Endpoint, answer: unknown): Response {
  if (answer instanceof Response) return answer;
  const { answer: declared } = endpoint;
  if (declared.kind === "json") return Response.json(answer, { status: declared.status });
  return new Response(null, { status: 204 });
}

/**
 * The native HTTP API as a web handler: `app.fetch` for a server, `app.request` for tests. Other routes may be added to it.
 */
export function createApi(context: ServerContext): OpenAPIHono {
  const app = new OpenAPIHono({ strict: false });
  const calls = new Calls(context);
  const known = methodsByPath();
  const handlers: HandlersOf<Api> = {
    ...poolHandlers(context),
    ...nodeHandlers(context),
    ...jobHandlers(context),
    ...groupHandlers(context),
    ...taskHandlers(context),
    ...executionHandlers(context),
    ...eventHandlers(context),
    ...fileHandlers(context),
    ...repositoryHandlers(context),
    ...systemHandlers(context),
    ...userHandlers(context),
    ...definitionHandlers(context),
    ...instanceHandlers(context),
    ...scriptHandlers(context),
    ...userGroupHandlers(context),
    ...nodeGroupHandlers(context),
    ...accessKeyHandlers(context),
  };
  const failed = (error: unknown, request: Request): Response => {
    const requestId = requestIdOf(request);
    const { response, isExpected } = errorResponse(error, requestId);
    if (!isExpected) context.reportError(error, requestId);
    return response;
  };
  const serve = (endpoint: Endpoint, handler: AnyHandler) => async (c: Context) => {
    const request = c.req.raw;
    try {
      const asker = await askerOf(context, endpoint, request);
      const call = calls.of(endpoint, { request, ...asker, parameters: c.req.param() });
      const response = responseOf(endpoint, await handler(call));
      response.headers.set("request-id", requestIdOf(request));
      return response;
    } catch (error) {
      return failed(error, request);
    }
  };
  for (const [key, endpoint] of Object.entries<Endpoint>(ENDPOINTS)) {
    const [method = "", path = ""] = key.split(" ");
    const handler = serve(endpoint, handlers[key as keyof Api & EndpointKey] as AnyHandler);
    app.on(method, `${API_BASE}${routePath(path)}`, handler);
    if (key === "GET /metrics") app.get("/metrics", handler);
  }
  let document: object | undefined;
  app.get("/api/openapi.json", () => {
    document ??= openApiDocument(context.settings.version);
    return Response.json(document);
  });
  app.notFound((c) => failed(unknownPath(known, c.req.raw), c.req.raw));
  app.onError((error, c) => failed(error, c.req.raw));
  return app;
}
