import { afterEach, expect, test } from "bun:test";
import type { CheckSpec } from "../../model/group.ts";
import { until } from "../fixtures/until.ts";
import { httpResult, type ProbeTarget, probe, scriptStatus } from "./probe.ts";
import { newCounter, type Probed, Probes } from "./probes.ts";

const CHECK: CheckSpec = {
  name: "check",
  type: "http",
  port: "http",
  path: "/health",
  method: "GET",
  protocol: "http",
  header: {},
  body: "",
  tlsSkipVerify: false,
  command: "",
  args: [],
  member: null,
  intervalMs: 20,
  timeoutMs: 5_000,
  initialStatus: "",
  onUpdate: "require_healthy",
  successBeforePassing: 0,
  failuresBeforeCritical: 0,
  checkRestart: null,
};

const servers: Bun.Server<undefined>[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.stop(true))));

function serve(answer: (request: Request) => Response | Promise<Response>) {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answer });
  servers.push(server);
  return { host: "127.0.0.1", port: server.port ?? 0 };
}

function once(target: Partial<ProbeTarget>) {
  const full = { check: CHECK, address: null, execute: null, ...target };
  return probe(full, new AbortController().signal);
}

test.each([
  [200, "fine", "success", "nomad: http ok"],
  [304, "", "success", ""],
  [399, "odd", "success", "odd"],
  [400, "bad", "failure", "bad"],
  [500, "500 problem", "failure", "500 problem"],
] as const)("an answer of status %d is %s: %s", (status, body, wanted, output) => {
  expect(httpResult(status, body)).toEqual({ status: wanted, output });
});

test("a page that says much is told by its first 3072 bytes", async () => {
  const address = serve(() => new Response("a".repeat(3_077), { status: 500 }));
  const result = await once({ address });
  expect([result.status, result.output.length]).toEqual(["failure", 3_072]);
});

test("an http check asks as it was written: method, path, headers and body", async () => {
  const asked: unknown[] = [];
  const address = serve(async (request) => {
    const { pathname, search } = new URL(request.url);
    const header = request.headers.get("x-one");
    asked.push([request.method, pathname + search, header, await request.text()]);
    return new Response("ok");
  });
  const header = { "X-One": ["1"] };
  const check = { ...CHECK, method: "POST", path: "/q?a=b", header, body: "hello" };
  expect(await once({ check, address })).toEqual({ status: "success", output: "nomad: http ok" });
  expect(asked).toEqual([["POST", "/q?a=b", "1", "hello"]]);
});

test("who does not answer in time fails", async () => {
  const never = Promise.withResolvers<Response>();
  const address = serve(() => never.promise);
  const result = await once({ check: { ...CHECK, timeoutMs: 30 }, address });
  expect(result.status).toBe("failure");
  expect(result.output).toContain("no answer within 0.03s");
  never.resolve(new Response());
});

test("a tcp check is good when somebody listens, and bad when nobody does", async () => {
  const check: CheckSpec = { ...CHECK, type: "tcp" };
  const address = serve(() => new Response());
  expect(await once({ check, address })).toEqual({ status: "success", output: "nomad: tcp ok" });
  await servers.pop()?.stop(true);
  expect((await once({ check, address })).status).toBe("failure");
});

test("a check of a port that is not there fails", async () => {
  expect((await once({ check: { ...CHECK, type: "tcp" } })).status).toBe("failure");
});

test.each([
  [0, "passing"],
  [1, "warning"],
  [2, "critical"],
  [127, "critical"],
] as const)("a script that exits with %d is %s", (exitCode, status) =>
  expect(scriptStatus(exitCode)).toBe(status),
);

test("a script that does not end, or cannot run, is critical", async () => {
  const check: CheckSpec = { ...CHECK, type: "script", command: "/check", args: ["-v"] };
  const asked: (readonly string[])[] = [];
  const slow = await once({
    check,
    execute: async (command) => {
      asked.push(command);
      return { state: "timedOut", output: "so far" };
    },
  });
  expect(slow).toEqual({ status: "critical", output: "so far\nnomad: no end within 5s" });
  expect(asked).toEqual([["/check", "-v"]]);
  const failed = await once({ check, execute: async () => ({ state: "failed", message: "none" }) });
  expect(failed).toEqual({ status: "critical", output: "nomad: none" });
});

test("results count once they have come often enough in a row", () => {
  const count = newCounter({
    successBeforePassing: 2,
    failuresBeforeCritical: 2,
    initialStatus: "",
  });
  const good = { status: "success", output: "" } as const;
  const bad = { status: "failure", output: "" } as const;
  const seen = [good, bad, good, good, bad, good, bad, bad].map((result) => count(result).status);
  expect(seen).toEqual([
    ...["pending", "pending", "pending"],
    ...["success", "success", "success", "success", "failure"],
  ] as typeof seen);
});

test("a check is probed again and again until it is stopped", async () => {
  let asked = 0;
  const address = serve(() => {
    asked += 1;
    return new Response("", { status: asked < 3 ? 503 : 200 });
  });
  const probes = new Probes();
  const seen: Probed[] = [];
  probes.start("a", { check: CHECK, address, execute: null }, (probed) => seen.push(probed));
  await until(() => seen[2]);
  probes.stop("a");
  expect(seen.slice(0, 3).map(({ status }) => status)).toEqual(["failure", "failure", "success"]);
});
