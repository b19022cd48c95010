import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { REQUEST_ERROR_STATUS } from "../../model/requestError.ts";
import { API_BASE, type Endpoint, type EndpointKey } from "../../protocol/api/endpoint/endpoint.ts";
import { type Api, ENDPOINTS } from "../../protocol/api/endpoint/table.ts";
import { fileTokenOf, type ScriptCaller } from "../access/fileTokens.ts";
import { Act, during } from "../audit/act.ts";
import { auditHandlers } from "../audit/auditRoutes.ts";
import { accessKeyHandlers } from "../fleet/accessKeys.ts";
import { definitionHandlers } from "../fleet/definitions.ts";
import { instanceHandlers } from "../fleet/instances.ts";
import { nodeGroupHandlers } from "../fleet/nodeGroups.ts";
import { restrictedCommandHandlers } from "../fleet/restrictedCommands.ts";
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
  return authentication.caller;
}

const FORBIDDEN = 403;

function responseOf(endpoint: Endpoint, answer: unknown): Response {
  if (answer instanceof Response) return answer;
  const { answer: declared } = endpoint;
  if (declared.kind === "json") return Response.json(answer, { status: declared.status });
  return new Response(null, { status: 204 });
}

/** Answers to one request each, whatever becomes of it. */
function serving(context: ServerContext) {
  const calls = new Calls(context);
  const failed = (error: unknown, request: Request, requestId = requestIdOf(request)): Response => {
    const { response, isExpected } = errorResponse(error, requestId);
    if (!isExpected) context.reportError(error, requestId);
    return response;
  };
  const recordRefusal = async (act: Act | null, error: unknown, requestId: string) => {
    if (act === null || !(error instanceof Refusal)) return;
    const { code } = error.detail;
    if (REQUEST_ERROR_STATUS[code] !== FORBIDDEN) return;
    // Nothing was done: that the record is missing is no reason to answer anything else.
    await context.audit
      .refused(act, code)
      .catch((cause: unknown) => context.reportError(cause, requestId));
  };
  const serve = (key: EndpointKey, endpoint: Endpoint, handler: AnyHandler) => {
    return async (c: Context) => {
      const request = c.req.raw;
      const requestId = requestIdOf(request);
      let act: Act | null = null;
      try {
        const { caller, script }: Asker = await askerOf(context, endpoint, request);
        const parameters = c.req.param();
        const asked = new Act({
          ...{ key, parameters, caller, requestId },
          query: new URL(request.url).searchParams,
          address: context.addressOf(request),
          clock: context.clock,
          isBodySecret: endpoint.recordsDigest === true,
        });
        // What a script does with its token is no act of a person.
        if (script === null) act = asked;
        if (caller !== null) authorise(caller, endpoint.action);
        const call = calls.of(endpoint, { request, caller, script, act: asked, parameters });
        const response = responseOf(endpoint, await during(asked, () => handler(call)));
        response.headers.set("request-id", requestId);
        return response;
      } catch (error) {
        await recordRefusal(act, error, requestId);
        return failed(error, request, requestId);
      }
    };
  };
  return { failed, serve };
}

/**
 * The native HTTP API as a web handler: `app.fetch` for a server, `app.request` for tests. Other routes may be added to it.
 */
export function createApi(context: ServerContext): OpenAPIHono {
  const app = new OpenAPIHono({ strict: false });
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
    ...auditHandlers(context),
    ...restrictedCommandHandlers(context),
  };
  const { failed, serve } = serving(context);
  for (const [key, endpoint] of Object.entries<Endpoint>(ENDPOINTS)) {
    const [method = "", path = ""] = key.split(" ");
    const handler = serve(
      key as EndpointKey,
      endpoint,
      handlers[key as keyof Api & EndpointKey] as AnyHandler,
    );
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
