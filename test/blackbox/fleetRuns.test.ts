import { beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { untilAgent, untilAgentIsBack } from "./harness/agents.ts";
import { signal } from "./harness/processes.ts";
import { useSandbox } from "./harness/sandbox.ts";
import {
  createLocalPool,
  nodeFolder,
  type ServerProcess,
  startServer,
  untilNodesAre,
} from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
const WORDS = ["--local-nodes", "on"];
const NODES = 5;
let server: ServerProcess;
let nodeIds: readonly string[];
let approver = "";

/** The answer's JSON. */
async function call(
  method: string,
  path: string,
  body?: object | string,
  token: string | null = server.token,
) {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

beforeAll(async () => {
  server = await startServer(sandbox, { words: WORDS });
  nodeIds = await createLocalPool(server.client, "fleet", NODES, 1);
  const account = { name: "Ma", phone: "1", email: "m@x", password: "secret-1" };
  await call("POST", "/users", { id: "ma", ...account }, null);
  await call("PATCH", "/users/ma", { role: 1, status: "enable" });
  approver = (await call("POST", "/login", { id: "ma", password: account.password }, null)).token;
});

/** A definition that was written by one person and accepted by another. */
async function define(id: string, script: string, more: object = {}): Promise<void> {
  const { name, sha256 } = await call("POST", `/scripts?name=${id}.sh`, script);
  const content = { script: { name, sha256 }, byOnDemand: "enable", ...more };
  await call("POST", "/definitions", { id, ...content });
  await call("POST", `/definitions/${id}/targets/add`, { nodeIds });
  await call("POST", `/definitions/${id}/approval/request`, { approverId: "ma" });
  await call("POST", `/definitions/${id}/approval/accept`, undefined, approver);
}

async function run(id: string, words: readonly string[] = []): Promise<number> {
  return (await call("POST", `/definitions/${id}/run`, { arguments: words })).number;
}

async function untilEnded(instance: number) {
  return await until(
    `task instance ${instance} to end`,
    async () => await call("GET", `/instances/${instance}`),
    ({ endTime }) => endTime !== undefined,
  );
}

function lines(file: string): string[] {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean).sort() : [];
}

test("an approved script runs on each node with its own words, and each end is told", async () => {
  const script = [
    'printf "%s|" @STINT.NODE_ID@ @OPM_ATTR.TASK_ID@ @STINT.TASK_INSTANCE_NO@ "$STINT_TASK_INSTANCE_NO" "$@"',
    `echo to stderr >&2; [ @STINT.NODE_ID@ != ${nodeIds[1]} ] || exit 3`,
  ];
  await define("words", script.join("\n"));
  const number = await run("words", ["; rm -rf /", "$(id)", "a\nb"]);
  expect(await untilEnded(number)).toMatchObject({
    result: "fail",
    statusCounts: { complete: NODES, fail: 0 },
    resultCounts: { success: NODES - 1, fail: 1 },
  });
  for (const [index, nodeId] of nodeIds.entries()) {
    expect(await call("GET", `/instances/${number}/nodes/${nodeId}`)).toMatchObject({
      status: "complete",
      exitCode: index === 1 ? 3 : 0,
      stdout: { content: `${nodeId}|words|${number}|${number}|; rm -rf /|$(id)|a\nb|` },
      stderr: { content: "to stderr\n" },
    });
  }
});

test("a script that cannot be started has status fail, the reason, and no exit code", async () => {
  await define("nobody", "id", { osUser: "daemon" });
  await define("python", "#!/no/such/python3\n");
  const reasons = { nobody: /daemon/, python: /\/no\/such\/python3, which is no program/ };
  for (const [id, reason] of Object.entries(reasons)) {
    const number = await run(id);
    expect(await untilEnded(number)).toMatchObject({ statusCounts: { complete: 0, fail: NODES } });
    const node = await call("GET", `/instances/${number}/nodes/${nodeIds[0]}`);
    expect(node).toMatchObject({ status: "fail", result: "fail", stdout: { content: "" } });
    expect(node.reason).toMatch(reason);
    expect(node).not.toContainKey("exitCode");
  }
});

test("server and agents are killed while a script runs: it has run once on each node", async () => {
  const ran = join(sandbox.path, "ran");
  const gate = join(sandbox.path, "gate");
  const wait = `until [ -e ${gate} ]; do sleep 0.02; done`;
  await define("once", `echo @STINT.NODE_ID@ >> ${ran}\n${wait}\nexit 0\n`);
  const number = await run("once");
  await until(
    "all to run",
    () => lines(ran).length,
    (count) => count === NODES,
  );
  const victim = nodeIds[0] ?? "";
  const before = await untilAgent(sandbox, await nodeFolder(server, victim));
  signal(before, "SIGKILL");
  await untilAgentIsBack(sandbox, server, victim, before);
  await server.end("SIGKILL");
  server = await startServer(sandbox, { data: server.data, words: WORDS });
  await untilNodesAre(server.client, "fleet", NODES);
  writeFileSync(gate, "");
  expect(await untilEnded(number)).toMatchObject({ result: "success" });
  expect(lines(ran)).toEqual([...nodeIds].sort());
  await call("POST", `/instances/${number}/rerun`, { nodeIds: [victim] });
  await until(
    "one more to run",
    () => lines(ran).length,
    (count) => count === NODES + 1,
  );
  const node = await until(
    "it to end",
    async () => await call("GET", `/instances/${number}/nodes/${victim}`),
    ({ status }) => status === "complete",
  );
  expect(node).toMatchObject({ execNo: 2, exitCode: 0 });
  await server.end();
});
