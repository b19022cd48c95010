import { afterAll, beforeAll, expect, test } from "bun:test";
import type { TaskAdd } from "../../src/protocol/api/task.ts";
import { shell } from "./harness/runs.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { createLocalPool, type ServerProcess, startServer } from "./harness/server.ts";

const sandbox = useSandbox();
const CONTENT = "from far away\n";
const SHA256 = new Bun.CryptoHasher("sha256").update(CONTENT).digest("hex");
let server: ServerProcess;
let attempts = 0;

const web = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/file") return new Response(CONTENT);
    if (pathname === "/private") return new Response("no", { status: 403 });
    if (pathname !== "/shaky") return new Response("none", { status: 404 });
    attempts += 1;
    return attempts < 3 ? new Response("later", { status: 503 }) : new Response(CONTENT);
  },
});
afterAll(() => web.stop(true));

beforeAll(async () => {
  server = await startServer(sandbox);
  await createLocalPool(server.client, "pool", 1, 4);
});

type Files = NonNullable<TaskAdd["resourceFiles"]>;

async function runTask(id: string, resourceFiles: Files, text: string) {
  const { client } = server;
  const tasks = [
    { id: "t", commandLine: shell(text), resourceFiles, constraints: { maxTaskRetryCount: 2 } },
  ];
  await client.jobs.create({ id, poolInfo: { poolId: "pool" }, tasks });
  await client.jobs.waitUntilTasksCompleted(id, { timeoutMs: 30_000 });
  return await client.tasks.get(id, "t");
}

test("files from everywhere are in the working directory before the command runs", async () => {
  await server.client.files.write("data/stored.txt", "from the server\n");
  const httpUrl = `${web.url}file?secret=1`;
  const task = await runTask(
    "all",
    [
      { httpUrl, filePath: "far/away.txt", sha256: SHA256 },
      { httpUrl: `${web.url}shaky`, filePath: "shaky.txt" },
      { serverPath: "data/stored.txt", filePath: "stored.txt" },
      { content: "inline\n", filePath: "inline.txt" },
      { content: "AP8K", contentEncoding: "base64", filePath: "bytes", fileMode: "0400" },
      { content: "#!/bin/sh\necho script\n", filePath: "bin/script", fileMode: "0755" },
    ],
    "cat far/away.txt shaky.txt stored.txt inline.txt; bin/script; stat -c %a bytes; od -An -tx1 bytes",
  );
  expect(task.executionInfo).toMatchObject({ result: "success" });
  const output = await (await server.client.tasks.stdout("all", "t")).text();
  const lines = [CONTENT, CONTENT, "from the server\n", "inline\n", "script\n", "400\n"];
  expect(output).toBe(`${lines.join("")} 00 ff 0a\n`);
});

const FAILURES: readonly (readonly [string, Files, string])[] = [
  ["missing", [{ httpUrl: `${web.url}none?secret=1`, filePath: "f" }], "BlobNotFound"],
  ["private", [{ httpUrl: `${web.url}private`, filePath: "f" }], "BlobAccessDenied"],
  ["unstored", [{ serverPath: "data/none", filePath: "f" }], "BlobNotFound"],
  [
    "checksum",
    [{ httpUrl: `${web.url}file`, filePath: "f", sha256: SHA256.replace(/./g, "0") }],
    "BlobDownloadMiscError",
  ],
  [
    "through-file",
    [
      { content: "x", filePath: "f" },
      { content: "x", filePath: "f/below" },
    ],
    "ResourceFileCreateFailed",
  ],
];

for (const [id, files, code] of FAILURES) {
  test(`a file that cannot be had (${id}) fails the task with ${code}, without a retry`, async () => {
    const { executionInfo } = await runTask(id, files, "echo ran");
    expect(executionInfo).toMatchObject({
      result: "failure",
      retryCount: 0,
      failureInfo: { code },
    });
    expect(executionInfo.exitCode).toBeUndefined();
    expect(JSON.stringify(executionInfo)).not.toContain("secret=1");
  });
}
