import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FakeServer } from "../../src/agent/fixtures/server.ts";
import { noteRun, readRuns } from "./harness/runs.ts";
import { type Sandbox, useSandbox } from "./harness/sandbox.ts";
import { type ServerProcess, startServer } from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();

async function send(server: ServerProcess, line: string, body?: Uint8Array, token = server.token) {
  const [method = "", path = ""] = line.split(" ");
  return await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: new Uint8Array(body) }),
  });
}

test("a script outlives the server that took it, and guests store none", async () => {
  const words = ["--local-nodes", "off"];
  const server = await startServer(sandbox, { words });
  const content = Buffer.concat([Buffer.from("#!/bin/sh\n@STINT.A@\n"), Buffer.from([0, 255])]);
  const stored = await send(server, "POST /scripts?name=a.sh", content);
  const source = (await stored.json()) as { sha256: string };
  expect([stored.status, source]).toMatchObject([
    201,
    { name: "a.sh", sizeBytes: content.length, words: ["A"] },
  ]);
  const guest = await server.client.tokens.createApiToken({ name: "guest", role: 3 });
  const refused = await send(server, "POST /scripts?name=b.sh", Buffer.from("echo"), guest.token);
  expect(refused.status).toBe(403);
  const windows = await send(server, "POST /scripts?name=b.bat", Buffer.from("echo"));
  expect(await windows.json()).toMatchObject({
    error: { code: "ScriptRefused", field: "script", fix: "Correct the script." },
  });
  await server.end("SIGKILL");
  const again = await startServer(sandbox, { data: server.data, words });
  const read = await send(again, `GET /scripts/${source.sha256}`, undefined, guest.token);
  expect(await read.bytes()).toEqual(new Uint8Array(content));
  await again.end();
});

/** A node whose server is the test. */
class ScriptNode {
  readonly server = new FakeServer();
  readonly folder: string;
  readonly #words: readonly string[];
  readonly #sandbox: Sandbox;

  constructor(given: Sandbox) {
    this.#sandbox = given;
    this.folder = given.folder("node");
    const data = join(this.folder, "data");
    mkdirSync(data);
    const token = join(this.folder, "token");
    writeFileSync(token, "stint_join_test\n", { mode: 0o600 });
    const places = ["--data", data, "--root", join(this.folder, "root")];
    const address = ["--server", this.server.url, "--name", "node"];
    this.#words = ["agent", ...address, ...places, "--join-token-file", token];
  }

  async start() {
    const before = this.server.hellos.length;
    const agent = this.#sandbox.spawn(this.#words);
    await until(
      "the agent",
      () => this.server.hellos.length,
      (count) => count > before,
    );
    await this.server.connected();
    return agent;
  }
}

test("whatever kills the agent, each script runs once, and its end is known", async () => {
  const node = new ScriptNode(sandbox);
  const { server } = node;
  let agent = await node.start();
  const runs = join(node.folder, "runs");
  const count = 24;
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const orderMissing = () => {
    for (const number of numbers) {
      const hasEnded = server.reports.some(
        (report) => report.kind === "ended" && report.execution === number,
      );
      const pause = (number % 8) / 20;
      const script = `#!/bin/sh\n${noteRun(runs)}\nsleep ${pause}\necho $1; exit ${number}\n`;
      if (!hasEnded) server.orderScript(number, script, { arguments: [`$(out ${number})`] });
    }
  };
  orderMissing();
  for (const least of [1, 6, 12, 18]) {
    await until(
      "some to run",
      () => readRuns(runs).size,
      (size) => size >= least,
    );
    agent.kill("SIGKILL");
    await agent.exited;
    agent = await node.start();
    // What the node has already it does not take again.
    orderMissing();
  }
  for (const number of numbers) {
    const { outcome, stdout } = await server.resultOf(number);
    expect(outcome).toEqual({ state: "exited", exitCode: number });
    const base64 = Buffer.from(`$(out ${number})\n`).toString("base64");
    expect(stdout.place).toEqual({ kind: "inline", base64 });
  }
  expect(readRuns(runs)).toEqual(new Map(numbers.map((number) => [`task${number}`, 1])));
  agent.kill("SIGTERM");
  await agent.exited;
  await server.stop();
});

test("an agent that comes back after the time of a script runs nothing of it", async () => {
  const node = new ScriptNode(sandbox);
  const { server } = node;
  const agent = await node.start();
  const mark = join(node.folder, "ran");
  server.scriptStatuses.push(...Array(10_000).fill(503));
  server.orderScript(1, `touch ${mark}\n`, { startWithinMs: 600_000 });
  await until(
    "the agent to ask",
    () => server.authorizations.length,
    (asked) => asked > 0,
  );
  agent.kill("SIGKILL");
  await agent.exited;
  server.scriptStatuses.length = 0;
  server.leadMs = 3_600_000;
  const again = await node.start();
  const { outcome } = await server.resultOf(1);
  expect(outcome).toMatchObject({ state: "failedToStart", failure: { code: "StartTooLate" } });
  expect(existsSync(mark)).toBe(false);
  expect(readFileSync(join(node.folder, "data", "journal.jsonl"), "utf8")).toInclude(
    "StartTooLate",
  );
  again.kill("SIGTERM");
  await again.exited;
  await server.stop();
});
