import { beforeAll, expect, test } from "bun:test";
import { existsSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ApiError, ConnectionError } from "../../src/client/apiError.ts";
import { sendRawPath } from "./harness/request.ts";
import { shell } from "./harness/runs.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { createLocalPool, nodeFolder, type ServerProcess, startServer } from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
const SECRET = "nobody may read this";
let server: ServerProcess;
let nodeId: string;
let secretFolder: string;

beforeAll(async () => {
  secretFolder = sandbox.folder("secret");
  writeFileSync(join(secretFolder, "file"), SECRET);
  server = await startServer(sandbox);
  [nodeId = ""] = await createLocalPool(server.client, "pool", 1, 4);
  await server.client.jobs.create({ id: "job", poolInfo: { poolId: "pool" } });
  const commandLine = shell(
    "mkdir -p deep/er; printf 0123456789 > digits; echo inside > deep/er/text;" +
      ` ln -s ${secretFolder} out; ln -s ${secretFolder}/file outfile; ln -s deep/er/text near; mkfifo pipe`,
  );
  await server.client.tasks.add("job", { id: "task", commandLine });
  await server.client.jobs.waitUntilTasksCompleted("job", { timeoutMs: 20_000 });
});

async function refusalOf(read: Promise<Response>): Promise<string> {
  try {
    const response = await read;
    return `${response.status} ${await response.text()}`;
  } catch (error) {
    if (error instanceof ApiError) return error.code;
    // The file was taken away behind the first byte: the rest cannot be had, and nothing is cut in silence.
    if (error instanceof ConnectionError) return "broken off";
    throw error;
  }
}

test("files of a task are listed and read, ranges included", async () => {
  const { client } = server;
  const { items, truncated } = await client.tasks.files("job", "task", { recursive: true });
  expect(truncated).toBe(false);
  const paths = items.filter(({ isDirectory }) => !isDirectory).map(({ path }) => path);
  expect(paths).toEqual(["stderr.txt", "stdout.txt", "wd/deep/er/text", "wd/digits"]);
  const whole = await client.tasks.readFile("job", "task", "wd/digits");
  expect([whole.status, await whole.text()]).toEqual([200, "0123456789"]);
  const ranges = [
    [{ first: 2, last: 4 }, "234", "bytes 2-4/10"],
    [{ first: 7 }, "789", "bytes 7-9/10"],
    [{ first: 5, last: 99 }, "56789", "bytes 5-9/10"],
  ] as const;
  for (const [range, text, header] of ranges) {
    const part = await client.tasks.readFile("job", "task", "wd/digits", range);
    expect([part.status, await part.text()]).toEqual([206, text]);
    expect(part.headers.get("content-range")).toBe(header);
  }
  const beyond = client.tasks.readFile("job", "task", "wd/digits", { first: 10 });
  expect(await refusalOf(beyond)).toBe("InvalidRange");
  const folder = await client.tasks.readFile("job", "task", "wd/deep");
  expect(await folder.json()).toEqual(await client.tasks.files("job", "task", { path: "wd/deep" }));
});

test("paths that leave the task's tree are refused in whatever disguise", async () => {
  const { client } = server;
  const paths = [
    "../task/wd/digits",
    "../../../../../secret-1/file",
    "wd/../../x",
    "wd/out/file",
    "wd/outfile",
    "wd/pipe",
    "none",
  ];
  for (const path of paths) {
    const refusal = await refusalOf(client.tasks.readFile("job", "task", path));
    expect({ path, refusal }).toEqual({
      path,
      refusal: expect.stringMatching(/^(PathRefused|PathNotFound|FileNotFound|ResourceNotFound)$/),
    });
  }
  const listings = ["wd/out", "..", "/etc"];
  for (const path of listings) {
    await expect(client.tasks.files("job", "task", { path })).rejects.toBeInstanceOf(ApiError);
  }
  const raw = [
    `/api/v1/jobs/job/tasks/task/files/../../../../../../../etc/passwd`,
    `/api/v1/jobs/job/tasks/task/files/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd`,
    `/api/v1/jobs/job/tasks/task/files/..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd`,
    `/api/v1/jobs/job/tasks/task/files/%252e%252e%252f%252e%252e%252fetc/passwd`,
    `/api/v1/jobs/job/tasks/task/files//etc/passwd`,
    `/api/v1/jobs/job/tasks/task/files/%2fetc/passwd`,
    `/api/v1/jobs/job/tasks/task/files/wd/digits%00.txt`,
    `/api/v1/jobs/job/tasks/task/files/wd/%c0%ae%c0%ae/digits`,
    `/api/v1/jobs/job/tasks/task/files/wd/%`,
    `/api/v1/nodes/${nodeId}/files/../agent/identity.json`,
    `/api/v1/nodes/${nodeId}/files/..%2fagent%2fidentity.json`,
    `/api/v1/files/..%2f..%2fstint.db`,
    `/api/v1/files/%2e%2e/%2e%2e/token`,
  ];
  for (const path of raw) {
    const answer = await sendRawPath(server, path);
    expect({ path, line: answer.split("\r\n")[0] }).toEqual({
      path,
      line: expect.stringMatching(/^HTTP\/1\.1 4\d\d/),
    });
    expect(answer).not.toContain("root:");
  }
});

test("a link that is swapped in while a file is read leads nobody out", async () => {
  const { client } = server;
  const stop = join(sandbox.path, "stop-swapping");
  const swaps = [
    "echo inside > a; mkdir d; echo inside > d/file",
    `while [ ! -e ${stop} ]; do`,
    `ln -s ${secretFolder}/file l; mv -T l a; echo inside > b; mv -T b a;`,
    `ln -s ${secretFolder} k; mv -T d e; mv -T k d; rm d; mv -T e d;`,
    "done",
  ];
  await client.tasks.add("job", { id: "swap", commandLine: shell(swaps.join("\n")) });
  await until(
    "the task to run",
    async () => await refusalOf(client.tasks.readFile("job", "swap", "wd/d/file")),
    (text) => text.startsWith("200"),
  );
  const seen = new Map<string, number>();
  const isBoth = () => seen.has("200 inside\n") && seen.has("PathRefused");
  for (let round = 0; round < 150 || (round < 3000 && !isBoth()); round += 1) {
    const answers = await Promise.all(
      ["wd/a", "wd/d/file", "wd/a", "wd/d/file"].map((path) =>
        refusalOf(client.tasks.readFile("job", "swap", path)),
      ),
    );
    for (const answer of answers) seen.set(answer, (seen.get(answer) ?? 0) + 1);
  }
  writeFileSync(stop, "");
  expect([...seen.keys()].filter((answer) => answer.includes(SECRET))).toEqual([]);
  expect({ isBoth: isBoth(), seen: [...seen] }).toMatchObject({ isBoth: true });
  await client.jobs.waitUntilTasksCompleted("job", { timeoutMs: 20_000 });
});

test("the server's file store is written and read below its folder alone", async () => {
  const { client } = server;
  await client.files.write("tools/script.sh", "#!/bin/sh\necho from the store\n");
  const wrong = [
    "../escape",
    "tools/../../escape",
    "x".repeat(300),
    "tools/script.sh/below",
    "a b",
    "tools",
  ];
  for (const path of wrong) {
    const written = fetch(`${server.url}/api/v1/files/${encodeURIComponent(path)}`, {
      method: "PUT",
      headers: { authorization: `Bearer ${server.token}` },
      body: "x",
    });
    expect({ path, status: (await written).status }).toEqual({ path, status: 400 });
  }
  await client.tasks.add("job", {
    id: "stored",
    commandLine: "./script.sh",
    resourceFiles: [{ serverPath: "tools/script.sh", filePath: "script.sh", fileMode: "0755" }],
  });
  await client.jobs.waitUntilTasksCompleted("job", { timeoutMs: 20_000 });
  const output = await client.tasks.stdout("job", "stored");
  expect(await output.text()).toBe("from the store\n");
});

test("files of a node's shared directory are listed and read, its key is not", async () => {
  const { client } = server;
  const root = join(await nodeFolder(server, nodeId), "root");
  writeFileSync(join(root, "shared", "note"), "shared\n");
  symlinkSync(join(root, "..", "agent"), join(root, "shared", "agent"));
  const { items } = await client.nodes.files(nodeId, { path: "shared" });
  expect(items.map(({ path }) => path)).toEqual(["shared/note"]);
  expect(await (await client.nodes.readFile(nodeId, "shared/note")).text()).toBe("shared\n");
  const names = ["identity.json", "key", "journal.jsonl"];
  expect(existsSync(join(root, "..", "agent"))).toBe(true);
  for (const name of names) {
    const read = client.nodes.readFile(nodeId, `shared/agent/${name}`);
    expect(await refusalOf(read)).toBe("PathRefused");
  }
});
