import { afterEach, beforeEach, expect, test } from "bun:test";
import type { ProcessOutcome } from "../../model/execution.ts";
import type { StartOrder } from "../../model/order.ts";
import { as, person } from "../fleet/testPeople.ts";
import { resultOf, TestApi } from "../routes/testApi.ts";
import { FileTokens } from "./fileTokens.ts";

const MINUTE_MS = 60_000;
const WORDS = ["FILE_TOKEN/10M", "FILE_TOKEN/24H", "NODE_ID", "HOME"];

let api: TestApi;
let order: StartOrder;
let node: number;
let tokens: Record<string, string>;

/** A script that runs on one node, and the tokens it was given. */
beforeEach(async () => {
  api = await TestApi.open();
  await api.json("POST", "/pools", { id: "fleet", provider: "none", accepts: ["fleet"] });
  node = await api.addNode("n1", "fleet");
  await api.askFleet({ request: "editNode", node: "n1", status: "enable" });
  const approver = await person(api, "ma", 1);
  const script = await api.json("POST", "/scripts?name=a.sh", "echo");
  const { name, sha256 } = script;
  await api.json("POST", "/definitions", {
    id: "disk",
    script: { name, sha256 },
    byOnDemand: "enable",
  });
  await api.json("POST", "/definitions/disk/targets/add", { nodeIds: ["n1"] });
  await api.json("POST", "/definitions/disk/approval/request", { approverId: "ma" });
  await api.json("POST", "/definitions/disk/approval/accept", undefined, approver);
  await api.json("POST", "/definitions/disk/run");
  order = await api.order(`node-${node}`);
  tokens = api.fileTokens.issue(order.execution, WORDS);
});
afterEach(() => api.close());

function list(word = "FILE_TOKEN") {
  return api.request("GET", "/repository", undefined, as(tokens[word] ?? ""));
}

async function refusal(word = "FILE_TOKEN"): Promise<string> {
  const { status, code, message } = await api.refusal(
    "GET",
    "/repository",
    undefined,
    as(tokens[word] ?? ""),
  );
  expect([status, code]).toEqual([401, "AuthenticationFailed"]);
  return message;
}

async function end(outcome: ProcessOutcome = { state: "exited", exitCode: 0 }): Promise<void> {
  const { execution } = order;
  const result = { ...resultOf(0), outcome };
  await api.report(node, "n1", [{ kind: "ended", execution, result }]);
}

test("a token is given for each word that asks for one, and one at any rate", () => {
  expect(Object.keys(tokens)).toEqual(["FILE_TOKEN", "FILE_TOKEN/10M", "FILE_TOKEN/24H"]);
  for (const token of Object.values(tokens)) expect(token).toMatch(/^stint_file_[\w-]{59}$/);
});

test("files that a script puts say whose they are", async () => {
  const content = "/repository/content?path=/a";
  const item = await api.json("PUT", content, "x", as(tokens["FILE_TOKEN"] ?? ""));
  expect(item.uploadedBy).toBe("disk(task) #1 on n1");
  const read = await api.request("GET", content, undefined, as(tokens["FILE_TOKEN/10M"] ?? ""));
  expect(await read.text()).toBe("x");
});

test("a token without a time ends with its execution; one with a time at its time", async () => {
  expect((await list()).status).toBe(200);
  await end();
  expect(await refusal()).toInclude("whose execution has ended");
  expect((await list("FILE_TOKEN/10M")).status).toBe(200);
  api.advance(10 * MINUTE_MS - 1);
  expect((await list("FILE_TOKEN/10M")).status).toBe(200);
  api.advance(1);
  expect(await refusal("FILE_TOKEN/10M")).toInclude("was good until 2026-11-21T03:30:00");
  expect((await list("FILE_TOKEN/24H")).status).toBe(200);
});

test("a time ends while the script still runs, too", async () => {
  api.advance(10 * MINUTE_MS);
  expect(await refusal("FILE_TOKEN/10M")).toInclude("was good until");
  expect((await list()).status).toBe(200);
});

test.each([
  ["a stop", { state: "killed", signal: 15, reason: "stopped" }],
  ["its time limit", { state: "killed", signal: 9, reason: "wallClock" }],
] as const)("%s ends all tokens of an execution", async (_, outcome) => {
  await end(outcome);
  for (const word of Object.keys(tokens)) await refusal(word);
});

test("a script that dies by itself leaves its tokens with a time", async () => {
  await end({ state: "killed", signal: 11, reason: null });
  await refusal();
  expect((await list("FILE_TOKEN/10M")).status).toBe(200);
});

test("the stop of an instance that a person asked for ends them, whatever the script does", async () => {
  await api.json("POST", "/instances/1/stop", { reason: "wrong" });
  await end();
  expect(await refusal("FILE_TOKEN/10M")).toInclude("was stopped");
});

test("a lost execution and a removed node have no tokens", async () => {
  await api.report(node, "n1", [{ kind: "missing", execution: order.execution }]);
  for (const word of Object.keys(tokens)) await refusal(word);
});

test("a token that was altered, made up or given by another server is refused", async () => {
  const good = tokens["FILE_TOKEN"] ?? "";
  const other = await TestApi.open();
  const forged = [
    `${good.slice(0, -2)}AA`,
    `stint_file_B${good.slice(12)}`,
    `${good}AAAA`,
    "stint_file_",
    other.fileTokens.issue(order.execution, [])["FILE_TOKEN"] ?? "",
  ];
  await other.close();
  for (const token of forged) {
    expect((await api.refusal("GET", "/repository", undefined, as(token))).status).toBe(401);
  }
});

test("tokens hold over a restart of the server", async () => {
  const parts = { nodeIdOf: () => "n1", now: () => 0 };
  const again = await FileTokens.open(api.store, parts);
  expect(await again.check(tokens["FILE_TOKEN"] ?? "")).toMatchObject({ ok: true });
});

test("a file token opens the repository and nothing else", async () => {
  const script = as(tokens["FILE_TOKEN"] ?? "");
  for (const path of ["/system", "/files", "/instances", "/scripts/x"]) {
    expect((await api.refusal("GET", path, undefined, script)).status).toBe(401);
  }
  expect((await api.refusal("PUT", "/files/a", "x", script)).status).toBe(401);
});
