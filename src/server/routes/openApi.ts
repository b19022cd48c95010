import { OpenAPIHono, z } from "@hono/zod-openapi";
import { ERROR_ANSWER } from "../../protocol/api/answer/error.ts";
import { API_BASE, type Endpoint } from "../../protocol/api/endpoint/endpoint.ts";
import { ENDPOINTS } from "../../protocol/api/endpoint/table.ts";

type Registry = OpenAPIHono["openAPIRegistry"];
type RouteConfig = Parameters<Registry["registerPath"]>[0];

const TAGS: Readonly<Record<string, string>> = {
  pools: "Pools",
  nodes: "Nodes",
  jobs: "Jobs",
  tasks: "Tasks",
  executions: "Executions",
  "exec-sessions": "Executions",
  events: "Events",
  files: "Files",
  repository: "Files",
  audit: "Audit log",
};

function tagOf(path: string): string {
  const [, first = "", , second = ""] = path.split("/");
  return (second === "tasks" ? TAGS["tasks"] : TAGS[first]) ?? "System";
}

function parametersOf(path: string): z.ZodObject | undefined {
  const names = [...path.matchAll(/\{(\w+)\*?\}/g)].map((match) => match[1] ?? "");
  if (names.length === 0) return undefined;
  return z.object(Object.fromEntries(names.map((name) => [name, z.string()])));
}

const BYTES = { "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) } };

const EVENTS = { "text/event-stream": { schema: z.string() } };

function isFollowed({ query }: Endpoint): boolean {
  return query !== undefined && "follow" in query.shape;
}

function contentOf(endpoint: Endpoint) {
  const { answer } = endpoint;
  switch (answer.kind) {
    case "json":
      return { content: { "application/json": { schema: answer.schema } } };
    case "bytes":
      return { content: { ...BYTES, ...(isFollowed(endpoint) ? EVENTS : {}) } };
    case "text":
      return { content: { [answer.contentType]: { schema: z.string() } } };
    case "webSocket":
    case "nothing":
      return {};
  }
}

function headersOf(endpoint: Endpoint): z.ZodObject | undefined {
  if (endpoint.idempotent === true) {
    return z.object({ "Idempotency-Key": z.string().optional() });
  }
  if (isFollowed(endpoint)) return z.object({ "Last-Event-ID": z.string().optional() });
  return undefined;
}

function requestOf(endpoint: Endpoint, path: string) {
  const { query, body } = endpoint;
  const params = parametersOf(path);
  const headers = headersOf(endpoint);
  const required = endpoint.bodyIsOptional !== true;
  const json = { "application/json": { schema: body ?? z.never() } };
  return {
    ...(params === undefined ? {} : { params }),
    ...(query === undefined ? {} : { query }),
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body: { content: json, required } }),
    ...(endpoint.takesBytes === true ? { body: { content: BYTES, required: true } } : {}),
  };
}

function routeOf(key: string, endpoint: Endpoint): RouteConfig {
  const [method = "", path = ""] = key.split(" ");
  const error = { "application/json": { schema: ERROR_ANSWER } };
  return {
    method: method.toLowerCase() as RouteConfig["method"],
    path: API_BASE + path.replace("*}", "}"),
    summary: endpoint.summary,
    tags: [tagOf(path)],
    security: endpoint.action === "ask" ? [] : [{ bearer: [] }],
    request: requestOf(endpoint, path),
    responses: {
      [endpoint.answer.status]: { description: "Success", ...contentOf(endpoint) },
      default: { description: "Refused", content: error },
    },
  };
}

/** The OpenAPI 3.1 document of the API, from the same declarations that serve it. */
export function openApiDocument(version: string): object {
  const app = new OpenAPIHono();
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
  });
  for (const [key, endpoint] of Object.entries<Endpoint>(ENDPOINTS)) {
    app.openAPIRegistry.registerPath(routeOf(key, endpoint));
  }
  return app.getOpenAPI31Document({ openapi: "3.1.0", info: { title: "Stint", version } });
}
