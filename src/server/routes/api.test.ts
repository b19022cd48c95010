import { afterEach, beforeEach, expect, test } from "bun:test";
import { REQUEST_BODY_MAX_BYTES } from "../../model/limits.ts";
import { TestApi } from "./testApi.ts";

let api: TestApi;
beforeEach(async () => {
  api = await TestApi.open();
});
afterEach(() => api.close());

const as = (role: number) => ({ headers: { authorization: `Bearer ${role}` } });

test("a request without a valid token is refused and told how to authenticate", async () => {
  const refusal = await api.refusal("GET", "/jobs", undefined, {
    headers: { authorization: "Basic x" },
  });
  expect(refusal).toMatchObject({ status: 401, code: "AuthenticationFailed" });
  expect(refusal.headers.get("www-authenticate")).toBe("Bearer");
});

test("health is answered to anybody", async () => {
  const none = { headers: { authorization: "none" } };
  expect(await api.json("GET", "/health", undefined, none)).toEqual({
    status: "ok",
    version: "1.2.3",
  });
});

// The weakest role that may do it; a guest is 3.
const RIGHTS: readonly (readonly [string, string, unknown, number])[] = [
  ["GET", "/jobs", undefined, 3],
  ["GET", "/pools", undefined, 3],
  ["GET", "/events", undefined, 3],
  ["POST", "/jobs", { id: "j", poolInfo: { poolId: "p" } }, 2],
  ["POST", "/pools", { id: "p" }, 1],
  ["GET", "/api-tokens", undefined, 0],
  ["POST", "/join-tokens", { poolId: "p" }, 0],
  ["DELETE", "/api-tokens/abc", undefined, 0],
];

test("each role may do what the table says and nothing more", async () => {
  for (const [method, path, body, weakest] of RIGHTS) {
    for (const role of [3, 2, 1, 0]) {
      const { status } = await api.request(method, path, body, as(role));
      expect([path, role, status === 403]).toEqual([path, role, role > weakest]);
    }
  }
});

test("a wrong method is answered with those that are there", async () => {
  const refusal = await api.refusal("DELETE", "/jobs");
  expect(refusal).toMatchObject({ status: 405, code: "UnsupportedHttpVerb", given: "DELETE" });
  expect(refusal.headers.get("allow")).toBe("POST, GET, HEAD");
});

test("an unknown path is answered with where the paths are listed", async () => {
  const refusal = await api.refusal("GET", "/job");
  expect(refusal).toMatchObject({ status: 404, code: "ResourceNotFound" });
  expect(refusal.fix).toContain("/api/openapi.json");
});

test("every answer names its request, by the caller's own name if he gave one", async () => {
  const named = await api.request("GET", "/jobs/none", undefined, {
    headers: { authorization: "Bearer 0", "x-request-id": "mine-1" },
  });
  expect(named.headers.get("request-id")).toBe("mine-1");
  expect(await named.json()).toMatchObject({ requestId: "mine-1", error: { code: "JobNotFound" } });
  const unnamed = await api.request("GET", "/jobs");
  expect(unnamed.headers.get("request-id")).toMatch(/^[0-9a-f-]{36}$/);
});

test("a body that is no JSON, is missing or too large is refused by its own name", async () => {
  expect(await api.refusal("POST", "/jobs", "{")).toMatchObject({
    status: 400,
    code: "InvalidRequestBody",
  });
  expect(await api.refusal("POST", "/jobs")).toMatchObject({
    status: 400,
    code: "InvalidRequestBody",
  });
  const large = new Blob(["x".repeat(1024 * 1024)]);
  const chunks = Array.from({ length: REQUEST_BODY_MAX_BYTES / large.size + 1 }, () => large);
  const refusal = await api.refusal("POST", "/jobs", undefined, {
    body: new Blob(chunks).stream(),
  });
  expect(refusal).toMatchObject({ status: 413, code: "RequestBodyTooLarge" });
});

test("a body of more levels than any request has is refused before anything looks into it", async () => {
  const depth = 200_000;
  const lists = "[".repeat(depth) + "]".repeat(depth);
  const objects = `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
  for (const body of [lists, objects, `{"id":${lists}}`]) {
    expect(await api.refusal("POST", "/jobs", body)).toMatchObject({
      status: 400,
      code: "InvalidRequestBody",
      expected: "at most 100 objects and lists within each other",
    });
  }
  const hundred = "[".repeat(100) + "]".repeat(100);
  expect((await api.refusal("POST", "/jobs", hundred)).expected).toBe("an object");
});

test("query parameters are checked like bodies", async () => {
  const cases = [
    ["/jobs?limit=1001", "limit"],
    ["/jobs?limit=x", "limit"],
    ["/jobs?sort=id", "sort"],
    ["/jobs?state=gone", "state"],
    ["/jobs?order=up", "order"],
    ["/jobs?cursor=rubbish", "cursor"],
    ["/jobs/j?x=1", "x"],
  ] as const;
  for (const [path, field] of cases) {
    const refusal = await api.refusal("GET", path);
    expect([path, refusal.status, refusal.code, refusal.field]).toEqual([
      path,
      400,
      "InvalidQueryParameterValue",
      field,
    ]);
  }
});

test("HEAD answers as GET does, without a body", async () => {
  const response = await api.request("HEAD", "/jobs");
  expect([response.status, await response.text()]).toEqual([200, ""]);
});

test("a create that is repeated under its key gives the first answer, another request is refused", async () => {
  const key = { headers: { "idempotency-key": "k1", authorization: "Bearer 0" } };
  const job = { id: "j", poolInfo: { poolId: "p" } };
  const twice = await Promise.all([
    api.request("POST", "/jobs", job, key),
    api.request("POST", "/jobs", job, key),
  ]);
  const third = await api.request("POST", "/jobs", job, key);
  const answers = await Promise.all([...twice, third].map((response) => response.text()));
  expect(new Set(answers)).toEqual(new Set(['{"id":"j","url":"/api/v1/jobs/j"}']));
  expect([...twice, third].map(({ status }) => status)).toEqual([201, 201, 201]);
  expect(await api.refusal("POST", "/jobs", { ...job, id: "k" }, key)).toMatchObject({
    status: 409,
    code: "IdempotencyKeyReused",
  });
  expect(await api.refusal("POST", "/jobs", job)).toMatchObject({ status: 409, code: "JobExists" });
});

test("a repetition may be written in another way, and must mean the same", async () => {
  const key = { headers: { "idempotency-key": "k1", authorization: "Bearer 0" } };
  const job = { id: "j", poolInfo: { poolId: "p" }, constraints: { maxWallClockTime: "PT1H" } };
  const same = { constraints: { maxWallClockTime: "1h" }, poolInfo: { poolId: "p" }, id: "j" };
  expect((await api.request("POST", "/jobs", job, key)).status).toBe(201);
  expect((await api.request("POST", "/jobs", same, key)).status).toBe(201);
  const other = { headers: { "idempotency-key": "k2", authorization: "Bearer 0" } };
  const task = {
    id: "t",
    commandLine: "/bin/true",
    environmentSettings: [{ name: "A", value: "" }],
  };
  const turned = {
    commandLine: "/bin/true",
    environmentSettings: [{ value: "", name: "A" }],
    id: "t",
  };
  const path = "/jobs/j/tasks";
  const first = await (
    await api.request("POST", path, { tasks: [task, { id: "bad" }] }, other)
  ).text();
  const again = await api.request("POST", path, { tasks: [turned, { id: "bad" }] }, other);
  expect(await again.text()).toBe(first);
  for (const different of [{ tasks: [task, { id: "worse" }] }, { tasks: [task] }, task]) {
    const { code } = await api.refusal("POST", path, different, other);
    expect(code).toBe("IdempotencyKeyReused");
  }
});

test("a create that was refused may be repeated under its key", async () => {
  const key = { headers: { "idempotency-key": "k1", authorization: "Bearer 0" } };
  const tasks = { id: "t", commandLine: "/bin/true" };
  expect((await api.request("POST", "/jobs/j/tasks", tasks, key)).status).toBe(404);
  await api.json("POST", "/jobs", { id: "j", poolInfo: { poolId: "p" } });
  expect((await api.request("POST", "/jobs/j/tasks", tasks, key)).status).toBe(201);
});

test("the OpenAPI document describes every endpoint once", async () => {
  const document = await api.json("GET", "/api/openapi.json");
  expect(document.openapi).toBe("3.1.0");
  expect(Object.keys(document.paths)).toContain("/api/v1/jobs/{jobId}/tasks/{taskId}/files/{path}");
  const add = document.paths["/api/v1/pools"].post;
  expect(add.requestBody.content["application/json"].schema).toEqual({
    $ref: "#/components/schemas/PoolAdd",
  });
  expect(document.components.schemas.PoolAdd.required).toEqual(["id"]);
  expect(document.components.schemas.JobAdd.properties.priority).toEqual({
    type: "integer",
    minimum: -1000,
    maximum: 1000,
  });
});

test("metrics are served below the API and where Prometheus looks", async () => {
  expect(await (await api.request("GET", "/metrics")).text()).toBe("figures 1\n");
});

test("an error that nobody expected is reported, and the caller learns only its request", async () => {
  api.store.listPools = () => Promise.reject(new Error("secret"));
  const refusal = await api.refusal("GET", "/pools");
  expect(refusal).toMatchObject({ status: 500, code: "InternalError" });
  expect(JSON.stringify(refusal)).not.toContain("secret");
  expect(String(api.errors[0])).toContain("secret");
});
