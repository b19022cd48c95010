import { afterEach, beforeEach, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { AuditVerifier } from "../../model/audit.ts";
import type { AuditRecordAnswer } from "../../protocol/api/answer/audit.ts";
import { AS_NOBODY, account, as, person } from "../fleet/testPeople.ts";
import { TestApi } from "../routes/testApi.ts";

let api: TestApi;
beforeEach(async () => {
  api = await TestApi.open();
});
afterEach(() => api.close());

async function records(query = ""): Promise<AuditRecordAnswer[]> {
  return (await api.json("GET", `/audit${query}`)).items;
}

async function newest(): Promise<AuditRecordAnswer> {
  const [record] = await records("?order=desc&limit=1");
  if (record === undefined) throw new Error("Expected a record.");
  return record;
}

async function head(): Promise<number> {
  return (await records("?order=desc&limit=1"))[0]?.number ?? 0;
}

const KIM = account("kim");
const GROUP = { id: "g", description: "all of them" };

test("a change is recorded with who made it, from where, what was asked for and in which request", async () => {
  const kim = await person(api, "kim", 1);
  const headers = { ...kim.headers, "x-request-id": "request-7" };
  await api.json("POST", "/node-groups", GROUP, { headers });
  expect(await newest()).toMatchObject({
    time: "2026-11-21T03:20:00.000Z",
    by: { kind: "user", id: "kim", tokenId: null },
    address: "192.0.2.1",
    requestId: "request-7",
    action: "POST /node-groups",
    object: {},
    details: GROUP,
    outcome: "done",
    code: null,
    result: {},
  });
  await api.json("DELETE", "/node-groups/g");
  expect(await newest()).toMatchObject({
    by: { kind: "token", id: "test", tokenId: "hash of the " },
    action: "DELETE /node-groups/{nodeGroupId}",
    object: { nodeGroupId: "g" },
  });
});

test("an account that makes itself, its login and its logout are recorded without a password", async () => {
  const kim = await person(api, "kim", 3);
  await api.json("PUT", "/users/kim/password", { password: "another-1" }, kim);
  const [made, , login, changed] = await records();
  expect(made).toMatchObject({
    by: { kind: "nobody", id: "" },
    action: "POST /users",
    details: { id: "kim", password: "(left out)" },
  });
  expect(login).toMatchObject({ by: { kind: "user", id: "kim" }, action: "POST /login" });
  expect(changed).toMatchObject({ object: { userId: "kim" }, by: { id: "kim" } });
  const text = await (await api.request("GET", "/audit/export")).text();
  expect(text).not.toContain(KIM.password);
  expect(text).not.toContain("another-1");
  expect(text).not.toContain(kim.headers.authorization.replace("Bearer ", ""));
});

test("values of attributes are shown, unless their key says that they are secret", async () => {
  await api.json("POST", "/node-groups", GROUP);
  const recordedFor = async (key: string) => {
    await api.json("PUT", `/node-groups/g/attributes/${key}`, { value: "v1" });
    return (await newest()).details;
  };
  expect(await recordedFor("TOMCAT_HOME")).toEqual({ value: "v1" });
  expect(await recordedFor("DB_PASSWORD")).toEqual({ value: "(left out)" });
});

test("of a job, and of what is long, the digest is kept", async () => {
  await api.json("POST", "/pools", { id: "p", provider: "none" });
  const job = {
    id: "j",
    poolInfo: { poolId: "p" },
    tasks: [{ id: "t", commandLine: "login --with hunter2" }],
  };
  await api.json("POST", "/jobs", job);
  const text = JSON.stringify(job);
  const bodySha256 = createHash("sha256").update(text).digest("hex");
  const digest = { bodyBytes: text.length, bodySha256 };
  expect((await newest()).details).toEqual({ id: "j", ...digest });
  await api.json("POST", "/jobs/j/tasks", { value: [{ id: "u", commandLine: "x hunter2" }] });
  expect(await newest()).toMatchObject({ object: { jobId: "j" }, result: { tasks: 1 } });
  expect(JSON.stringify(await records())).not.toContain("hunter2");
  const metadata = (items: number) =>
    Array.from({ length: items }, (_, at) => ({ name: `n${at}`, value: "v".repeat(100) }));
  await api.json("PATCH", "/pools/p", { metadata: metadata(2) });
  expect((await newest()).details).toEqual({ metadata: metadata(2) });
  await api.json("PATCH", "/pools/p", { metadata: metadata(90) });
  expect((await newest()).details).toEqual({
    bodyBytes: expect.any(Number),
    bodySha256: expect.any(String),
  });
});

test("what is made beside the loop is recorded too: tokens, keys, files, scripts", async () => {
  const made = await api.json("POST", "/api-tokens", { name: "ci", role: 2 });
  expect(await newest()).toMatchObject({
    details: { name: "ci", role: 2 },
    result: { tokenId: made.id },
  });
  await api.json("DELETE", `/api-tokens/${made.id}`);
  expect(await newest()).toMatchObject({ object: { tokenId: made.id } });
  const kim = await person(api, "kim", 2);
  const { id, secret } = await api.json("POST", "/access-keys", { name: "k" }, kim);
  expect(await newest()).toMatchObject({ by: { id: "kim" }, result: { tokenId: id } });
  await api.request("PUT", "/files/a/b.txt", "content", as(secret));
  expect(await newest()).toMatchObject({
    by: { kind: "key", id: "kim", tokenId: id },
    object: { path: "a/b.txt" },
    result: { sizeBytes: 7 },
  });
  await api.json("DELETE", "/files/a/b.txt");
  const script = "#!/bin/sh\necho the-content\n";
  const { sha256 } = await api.json("POST", "/scripts?name=a.sh", script);
  expect(await newest()).toMatchObject({
    details: { query: { name: "a.sh" } },
    result: { sha256, sizeBytes: script.length },
  });
  await api.json("DELETE", `/access-keys/${id}`);
  expect((await newest()).action).toBe("DELETE /access-keys/{keyId}");
  const text = JSON.stringify(await records());
  for (const hidden of [secret, made.token, "the-content"]) expect(text).not.toContain(hidden);
});

test("approvals and runs are recorded with the revision and the instance that came of them", async () => {
  const manager = await person(api, "ma", 1);
  await api.json("POST", "/pools", { id: "fleet", provider: "none", accepts: ["fleet"] });
  await api.addNode("n1", "fleet");
  await api.json("PATCH", "/nodes/n1", { status: "enable" });
  const { name, sha256 } = await api.json("POST", "/scripts?name=a.sh", "#!/bin/sh\ndf\n");
  const definition = { id: "t", script: { name, sha256 }, byOnDemand: "enable" };
  await api.json("POST", "/definitions", definition);
  expect((await newest()).details).toEqual(definition);
  await api.json("POST", "/definitions/t/targets/add", { nodeIds: ["n1"] });
  await api.json("POST", "/definitions/t/approval/request", { approverId: "ma" });
  await api.json("GET", "/definitions/t/plan");
  expect(await api.refusal("POST", "/definitions/t/approval/accept")).toMatchObject({
    code: "SelfApproval",
  });
  expect(await newest()).toMatchObject({ outcome: "refused", code: "SelfApproval" });
  await api.json("POST", "/definitions/t/approval/accept", undefined, manager);
  expect(await newest()).toMatchObject({ by: { id: "ma" }, result: { revision: 1 } });
  const run = { nodeIds: ["n1"], arguments: ["; rm"] };
  const { number } = await api.json("POST", "/definitions/t/run", run);
  expect(await newest()).toMatchObject({
    action: "POST /definitions/{definitionId}/run",
    object: { definitionId: "t" },
    details: run,
    result: { instance: number },
  });
  await api.json("POST", `/instances/${number}/stop`, { reason: "enough" });
  expect(await newest()).toMatchObject({
    object: { number: String(number) },
    details: { reason: "enough" },
  });
});

test("reads, plans, mistakes and repetitions leave no record", async () => {
  await api.json("POST", "/pools", { id: "p", provider: "none" });
  const key = { headers: { "idempotency-key": "k1" } };
  const job = { id: "j", poolInfo: { poolId: "p" } };
  await api.json("POST", "/jobs", job, key);
  const before = await head();
  await api.json("POST", "/jobs", job, key);
  await api.json("GET", "/jobs");
  expect(await api.refusal("POST", "/jobs", job)).toMatchObject({ code: "JobExists" });
  expect(await api.refusal("PATCH", "/users/none", { phone: "1" })).toMatchObject({ status: 404 });
  expect(await api.refusal("POST", "/node-groups", {})).toMatchObject({ status: 400 });
  expect(await api.refusal("GET", "/users", undefined, AS_NOBODY)).toMatchObject({ status: 401 });
  expect(await head()).toBe(before);
});

test("an accepted request that changes nothing is recorded all the same", async () => {
  await api.json("POST", "/pools", { id: "p", provider: "none" });
  await api.json("POST", "/jobs", { id: "j", poolInfo: { poolId: "p" } });
  const before = await head();
  await api.json("PATCH", "/jobs/j", { priority: 0 });
  expect(await newest()).toMatchObject({ number: before + 1, details: { priority: 0 } });
});

test("what somebody was not permitted is recorded, whoever decided it; a flood is counted", async () => {
  const kim = await person(api, "kim", 3);
  const before = await head();
  expect(await api.refusal("POST", "/api-tokens", {}, kim)).toMatchObject({ status: 403 });
  expect(await api.refusal("POST", "/node-groups", GROUP, kim)).toMatchObject({ status: 403 });
  expect(await api.refusal("GET", "/audit", undefined, kim)).toMatchObject({ status: 403 });
  expect(await records("?outcome=refused")).toMatchObject([
    { by: { id: "kim" }, action: "POST /api-tokens", code: "InsufficientPermissions", details: {} },
    { action: "POST /node-groups", code: "InsufficientPermissions", details: GROUP },
    { action: "GET /audit" },
  ]);
  for (let time = 0; time < 40; time += 1) await api.request("GET", "/audit", undefined, kim);
  expect(await head()).toBe(before + 30);
  api.advance(10_000);
  await api.request("GET", "/audit", undefined, kim);
  expect(await newest()).toMatchObject({ number: before + 31, result: { leftOutBefore: 13 } });
});

test("managers read it: by page, by number, and as lines whose chain holds", async () => {
  const manager = await person(api, "ma", 1);
  for (const id of ["a", "b", "c"]) await api.json("POST", "/node-groups", { id });
  const page = await api.json(
    "GET",
    "/audit?limit=2&who=TEST&action=node-group",
    undefined,
    manager,
  );
  expect(page.items.map(({ details }: AuditRecordAnswer) => details)).toEqual([
    { id: "a" },
    { id: "b" },
  ]);
  const rest = await api.json("GET", `/audit?who=test&action=node-group&cursor=${page.cursor}`);
  expect(rest).toMatchObject({ items: [{ details: { id: "c" } }] });
  const last = await newest();
  expect(await api.json("GET", `/audit/${last.number}`, undefined, manager)).toEqual(last);
  expect(await api.refusal("GET", "/audit/99")).toMatchObject({ code: "AuditRecordNotFound" });
  expect(await api.refusal("GET", "/audit/x")).toMatchObject({ code: "AuditRecordNotFound" });
  const response = await api.request("GET", "/audit/export", undefined, manager);
  expect(response.headers.get("content-type")).toBe("application/x-ndjson");
  const lines = (await response.text()).trimEnd().split("\n");
  const verifier = new AuditVerifier((text) => createHash("sha256").update(text).digest("hex"));
  for (const line of lines) expect(verifier.add(line)).toBeNull();
  expect(verifier.head).toEqual({ number: last.number, hash: last.hash });
  const part = await api.request("GET", `/audit/export?after=${last.number - 1}`);
  expect(await part.text()).toBe(`${lines.at(-1)}\n`);
  const times = `from=${encodeURIComponent("2026-11-21T12:20:00+09:00")}&to=2026-11-21T03:20:00Z`;
  expect(await records(`?${times}`)).toHaveLength(last.number);
  expect(await records("?from=2026-11-21T03:20:01Z")).toEqual([]);
});
