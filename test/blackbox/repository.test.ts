import { beforeAll, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { request, sendRawPath } from "./harness/request.ts";
import { useSandbox } from "./harness/sandbox.ts";
import {
  createLocalPool,
  type ServerProcess,
  startServer,
  untilNodesAre,
} from "./harness/server.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();
const QUOTA_MIB = 8;
const MIB = 1024 * 1024;
const WORDS = ["--local-nodes", "on", "--file-quota-mib", String(QUOTA_MIB)];
let server: ServerProcess;
let nodeIds: readonly string[];
let approver = "";

async function call(method: string, path: string, body?: object | string, token = server.token) {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: token === "" ? {} : { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

beforeAll(async () => {
  server = await startServer(sandbox, { words: WORDS });
  nodeIds = await createLocalPool(server.client, "fleet", 2, 1);
  const account = { name: "Ma", phone: "1", email: "m@x", password: "secret-1" };
  await call("POST", "/users", { id: "ma", ...account }, "");
  await call("PATCH", "/users/ma", { role: 1, status: "enable" });
  approver = (await call("POST", "/login", { id: "ma", password: account.password }, "")).token;
});

/** Starts an approved script; answers the number of the run. */
async function start(id: string, script: string, nodes: readonly string[] = nodeIds) {
  const { name, sha256 } = await call("POST", `/scripts?name=${id}.sh`, script);
  await call("POST", "/definitions", { id, script: { name, sha256 }, byOnDemand: "enable" });
  await call("POST", `/definitions/${id}/targets/add`, { nodeIds: nodes });
  await call("POST", `/definitions/${id}/approval/request`, { approverId: "ma" });
  await call("POST", `/definitions/${id}/approval/accept`, undefined, approver);
  return (await call("POST", `/definitions/${id}/run`, {})).number as number;
}

async function untilEnded(instance: number) {
  return await until(
    `task instance ${instance} to end`,
    async () => await call("GET", `/instances/${instance}`),
    ({ endTime }) => endTime !== undefined,
  );
}

/** Runs the script on one node; answers what it wrote. Fails unless it ends with 0. */
async function output(id: string, script: string, node = 0): Promise<string> {
  const nodeId = nodeIds[node] ?? "";
  const number = await start(id, script, [nodeId]);
  await untilEnded(number);
  const { exitCode, stdout, stderr } = await call("GET", `/instances/${number}/nodes/${nodeId}`);
  expect([exitCode, stderr.content]).toEqual([0, ""]);
  return stdout.content;
}

function stint(...words: string[]) {
  return sandbox.run(words, { env: { STINT_DATA: server.data } });
}

async function names(path: string): Promise<string[]> {
  const { items } = await server.client.repository.list({ path, limit: 0 });
  return items.map(({ name }) => name);
}

/** Files below the folder that hold the text. */
function filesWith(folder: string, text: string): string[] {
  const found = Bun.spawnSync(["grep", "-rlaF", "--", text, folder]);
  return found.stdout.toString().split("\n").filter(Boolean);
}

/** Files of the server that hold contents, half-written ones included. */
function contents(): string[] {
  const blobs = join(server.data, "blobs");
  return ["repository", "~new"].flatMap((folder) =>
    existsSync(join(blobs, folder))
      ? readdirSync(join(blobs, folder)).map((name) => join(blobs, folder, name))
      : [],
  );
}

async function untilWritten(path: string): Promise<string> {
  return await until(
    `${path} to be written`,
    () => (existsSync(path) ? readFileSync(path, "utf8") : ""),
    (text) => text.endsWith("\n"),
  );
}

test("what a script puts on one node another gets, and so does a person", async () => {
  const put = [
    "head -c 3000000 /dev/urandom > 'big file'; printf '%s\\n' \"$STINT_NODE_ID\" > small",
    "opmfput @OPM_ATTR.FILE_TOKEN@ master:/dist/big 'big file'",
    "stint-fput master:/dist/sub/small small",
    "opmfput --overwrite @STINT.FILE_TOKEN/10M@ master:/dist/sub/small small",
    "sha256sum < 'big file'",
  ];
  const said = (await output("put", put.join("\n"))).split("\n");
  expect(said.slice(0, 3)).toEqual(["checksum success", "checksum success", "checksum success"]);
  const get = [
    "opmfls @OPM_ATTR.FILE_TOKEN@ master:/dist; stint-fls master:/dist/sub 's[!a]*'",
    "@OPM_ATTR.FILE_GET@ --overwrite master:/dist/sub/small",
    "opmfget @STINT.FILE_TOKEN@ master:/dist/big here; cat small; sha256sum < here",
  ];
  const got = (await output("get", get.join("\n"), 1)).split("\n");
  expect(got).toEqual([
    ...["sub/", "big", "small", "checksum success", "checksum success"],
    ...[nodeIds[0] ?? "", said[3] ?? "", ""],
  ]);
  const list = await stint("file", "list", "-rp", "master:/dist");
  expect(list.stdout).toMatch(/\| big +\| 3000000 \| .* \| file +\| 13 +\|\n/);
  expect(list.stdout).toEndWith("ROWS COUNT : 2/2\n");
  const mine = join(sandbox.path, "mine");
  const down = await stint("file", "get", "-rp", "master:/dist/big", "-lp", mine);
  expect([down.exitCode, down.stdout]).toEqual([0, "checksum success\n"]);
  const sha256 = new Bun.CryptoHasher("sha256").update(readFileSync(mine)).digest("hex");
  expect(said[3]).toStartWith(sha256);
  const { items } = await server.client.repository.list({ path: "/dist/big" });
  expect(items[0]).toMatchObject({ sha256, uploadedBy: `put(task) #1 on ${nodeIds[0]}` });
});

test("a tool says what is wrong, and ends with it", async () => {
  const script = [
    "echo 1 > f; stint-fput master:/errors/f f",
    'try() { "$@" 2>&1; echo "= $?"; }',
    "try stint-fput master:/errors/f f",
    "try stint-fget master:/errors/none none",
    "try stint-fget master:/../etc/passwd p",
    "try opmfls stint_file_made-up master:/",
    "ls",
  ];
  const said = await output("errors", script.join("\n"));
  expect(said).toMatch(/^checksum success\nerror: .*\(FileExists\)\nfix: .*\n= 1\n/);
  expect(said).toMatch(/There is no file \/errors\/none .*\(FileNotFound\)\nfix: .*\n= 1\n/);
  expect(said).toMatch(/without "\." and "\.\.".*\nusage: stint-fget .*\n= 2\n/);
  expect(said).toMatch(
    /not given out\. \(AuthenticationFailed\)\nfix: .*FILE_TOKEN\/10M.*\n= 1\nf\n$/,
  );
});

test("a token ends with its execution, one with a time serves what was left in the background", async () => {
  const [gate, ended, timed, result] = ["gate", "ended", "timed", "result"].map((name) =>
    join(sandbox.path, name),
  );
  const left = `until [ -e ${gate} ]; do sleep 0.02; done
opmfput @OPM_ATTR.FILE_TOKEN@ master:/late/one f > out1 2>&1; echo "$?" > ${ended}
opmfput @OPM_ATTR.FILE_TOKEN/10M@ master:/late/two f > out2 2>&1; echo "$?" > ${timed}
cat out1 out2 > ${result}.new; mv ${result}.new ${result}`;
  const script = `echo late > f\nsetsid sh -c '${left}' > /dev/null 2>&1 &\necho "$STINT_FILE_TOKEN"\n`;
  const token = (await output("left", script)).trim();
  writeFileSync(gate ?? "", "");
  expect(await untilWritten(ended ?? "")).toBe("1\n");
  expect(await untilWritten(timed ?? "")).toBe("0\n");
  const said = await untilWritten(result ?? "");
  expect(said).toInclude("whose execution has ended. (AuthenticationFailed)");
  expect(said).toEndWith("checksum success\n");
  expect(await names("/late")).toEqual(["two"]);
  const headers = { authorization: `Bearer ${token}` };
  expect((await request(server, "GET /repository", undefined, headers)).status).toBe(401);
});

test("a stop takes all tokens of an execution along, and a restart of the server none", async () => {
  const told = join(sandbox.path, "told");
  const line = 'echo "$STINT_FILE_TOKEN" @STINT.FILE_TOKEN/24H@';
  const number = await start("stopped", `${line} > ${told}\nexec sleep 600\n`, nodeIds.slice(0, 1));
  const tokens = (await untilWritten(told)).trim().split(" ");
  const statuses = async () =>
    await Promise.all(
      tokens.map(async (token) => {
        const headers = { authorization: `Bearer ${token}` };
        return (await request(server, "GET /repository", undefined, headers)).status;
      }),
    );
  expect(await statuses()).toEqual([200, 200]);
  // Beside the filled script, which only its user reads: no journal, no log, no store.
  const own = tokens.flatMap((token) => filesWith(server.data, token));
  expect(own.filter((path) => !path.endsWith("/.script/stopped.sh"))).toEqual([]);
  await server.client.repository.write("/kept", "before the crash");
  await server.end("SIGKILL");
  server = await startServer(sandbox, { data: server.data, words: WORDS });
  await untilNodesAre(server.client, "fleet", 2);
  expect(await statuses()).toEqual([200, 200]);
  expect(await (await server.client.repository.read("/kept")).text()).toBe("before the crash");
  await call("POST", `/instances/${number}/stop`, { reason: "enough" });
  await untilEnded(number);
  expect(await statuses()).toEqual([401, 401]);
  expect(server.output()).not.toInclude("stint_file_");
});

test("a token that asks for too long, or for nothing, is told before anything runs", async () => {
  for (const word of ["FILE_TOKEN/25H", "FILE_TOKEN/1D", "FILE_TOKEN/0M"]) {
    const answer = await request(
      server,
      "POST /scripts?name=a.sh",
      `echo\necho @OPM_ATTR.${word}@\n`,
    );
    expect(answer).toMatchObject({ status: 400, body: { error: { code: "ScriptRefused" } } });
    expect(JSON.stringify(answer.body)).toInclude("a.sh, line 2: Expected FILE_TOKEN/nM");
  }
});

test("no path leads out of the repository, however it is written", async () => {
  const passwd = "/etc/passwd";
  for (const path of [
    "/repository/content?path=/../../../..".concat(passwd),
    "/repository/content?path=%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/repository/content?path=/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/repository/content?path=%252e%252e/etc/passwd",
    "/repository/content/../../../../../etc/passwd",
    "/repository?path=/..",
    `/repository/content?path=${passwd}`,
  ]) {
    const answer = await sendRawPath(server, `/api/v1${path}`);
    expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
    expect(answer).not.toInclude("root:");
  }
});

test("links that somebody puts into the server's folder by hand lead nowhere", async () => {
  const blobs = join(server.data, "blobs", "repository");
  const { client } = server;
  const before = new Set(contents());
  await client.repository.write("/link", "own content");
  const [content = ""] = contents().filter((path) => !before.has(path));
  rmSync(content);
  symlinkSync("/etc/passwd", content);
  symlinkSync("/etc", join(blobs, "etc"));
  for (const path of ["/link", "/etc/passwd", "/repository/etc/passwd"]) {
    const answer = await sendRawPath(server, `/api/v1/repository/content?path=${path}`);
    expect(answer).toMatch(/^HTTP\/1\.1 4/);
    expect(answer).not.toInclude("root:");
  }
  await client.repository.write("/link", "mended", { overwrite: true });
  expect(await (await client.repository.read("/link")).text()).toBe("mended");
  expect(readFileSync("/etc/passwd", "utf8")).toInclude("root:");
  rmSync(join(blobs, "etc"));
});

test("an existing file stays without --overwrite, here and on the server", async () => {
  const folder = sandbox.folder("person");
  const [one, two] = [join(folder, "one"), join(folder, "two")];
  writeFileSync(one, "one\n");
  writeFileSync(two, "two\n");
  const put = (path: string, ...more: string[]) =>
    stint("file", "put", "-rp", "master:/mine/f", "-lp", path, ...more);
  expect(await put(one)).toMatchObject({ exitCode: 0, stdout: "checksum success\n" });
  const refused = await put(two);
  expect([refused.exitCode, refused.stdout]).toEqual([1, ""]);
  expect(refused.stderr).toInclude("(FileExists)");
  const get = (...more: string[]) =>
    stint("file", "get", "--remotepath", "master:/mine/f", "--localpath", two, ...more);
  expect((await get()).exitCode).toBe(1);
  expect(readFileSync(two, "utf8")).toBe("two\n");
  expect((await put(two, "-ow")).exitCode).toBe(0);
  expect((await get("-ow")).exitCode).toBe(0);
  expect(readFileSync(two, "utf8")).toBe("two\n");
  expect(readdirSync(folder).toSorted()).toEqual(["one", "two"]);
});

test("what does not fit is refused, and an upload that breaks leaves nothing", async () => {
  const big = join(sandbox.path, "big");
  writeFileSync(big, new Uint8Array((QUOTA_MIB + 40) * MIB));
  const before = contents().length;
  const refused = await stint("file", "put", "-rp", "master:/big", "-lp", big);
  expect([refused.exitCode, refused.stdout]).toEqual([1, ""]);
  expect(refused.stderr).toInclude("(RepositoryFull)");
  const { hostname, port } = new URL(server.url);
  const head = [
    "PUT /api/v1/repository/content?path=/broken HTTP/1.1",
    `host: ${hostname}`,
    `authorization: Bearer ${server.token}`,
    "content-length: 1000000",
  ];
  const socket = await Bun.connect({ hostname, port: Number(port), socket: { data: () => {} } });
  socket.write(`${head.join("\r\n")}\r\n\r\n${"x".repeat(1_000)}`);
  await until(
    "the upload to have begun",
    () => contents().length,
    (count) => count === before + 1,
  );
  socket.terminate();
  await until(
    "its rest to be gone",
    () => contents().length,
    (count) => count === before,
  );
  expect(await names("/")).not.toContain("broken");
  expect(await names("/")).not.toContain("big");
  mkdirSync(join(sandbox.path, "after"));
  expect(
    (await stint("file", "put", "-rp", "master:/small", "-lp", join(sandbox.path, "mine")))
      .exitCode,
  ).toBe(0);
});

test("files expire, and a server that begins again keeps to it", async () => {
  const words = ["--file-retention", "1s"];
  const other = await startServer(sandbox, { words });
  await other.client.repository.write("/a/b", "x");
  await until(
    "the file to expire",
    async () => (await other.client.repository.list({ path: "/" })).total,
    (total) => total === 0,
  );
  const gone = await request(other, "GET /repository/content?path=/a/b");
  expect([gone.status, gone.body]).toMatchObject([404, { error: { code: "FileNotFound" } }]);
  await other.client.repository.write("/a", "a folder's name is free again");
  await other.end();
  const bad = await sandbox.run([
    "server",
    "--data",
    sandbox.folder("bad"),
    "--file-retention",
    "14",
  ]);
  expect([bad.exitCode, bad.stderr]).toEqual([
    1,
    'stint: Expected --file-retention to be a time of at least a second, as 14d or PT36H, got "14".\n',
  ]);
});
