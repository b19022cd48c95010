import { expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TIME } from "../fixtures.ts";
import type { CliIo } from "../io.ts";
import { FakeServer, refusal, TEST_URL, TestFolder, TextSink } from "../testCli.ts";
import { runFileTool } from "./tool.ts";

const TOKEN = "stint_file_given";
const OWN = "stint_file_environment";
const ENV = { STINT_SERVER_URL: TEST_URL, STINT_FILE_TOKEN: OWN };

const ITEMS = [
  { name: "old", type: "directory", sizeBytes: 0, createdTime: TIME, validDays: 0 },
  { name: "a.log", type: "file", sizeBytes: 7, createdTime: TIME, validDays: 13 },
];

async function tool(line: string, server: FakeServer, world: Partial<CliIo> = {}) {
  const [name = "", ...words] = line.split(" ");
  const stdout = new TextSink(false);
  const stderr = new TextSink(false);
  const exitCode = await runFileTool(name, words, {
    stdout,
    stderr,
    isTerminal: false,
    columns: 80,
    env: ENV,
    now: () => 0,
    currentFolder: "/nonexistent",
    fetch: server.fetch,
    ...world,
  });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

test("names are listed a line each, with the token that is given", async () => {
  const server = new FakeServer({ "GET /repository": { items: ITEMS, total: 2 } });
  expect(await tool(`opmfls ${TOKEN} master:/logs *.log`, server)).toEqual({
    exitCode: 0,
    stdout: "old/\na.log\n",
    stderr: "",
  });
  const [request] = server.requests;
  expect(request?.query).toEqual({ path: "/logs", limit: "0", pattern: "*.log" });
  expect(request?.headers.get("authorization")).toBe(`Bearer ${TOKEN}`);
});

test("without a token that of the environment is taken", async () => {
  const server = new FakeServer({ "GET /repository": { items: ITEMS, total: 2 } });
  const { stdout } = await tool("stint-fls --long master:/", server);
  expect(stdout).toBe(`old\t0\t${TIME}\tdirectory\t0\na.log\t7\t${TIME}\tfile\t13\n`);
  expect(server.requests[0]?.headers.get("authorization")).toBe(`Bearer ${OWN}`);
});

test("a file goes up and comes down, options before or behind the token", async () => {
  using folder = new TestFolder();
  writeFileSync(join(folder.path, "in"), "hello");
  const server = new FakeServer({
    "PUT /repository/content": {},
    "GET /repository/content": () => new Response("hello"),
  });
  const world = { currentFolder: folder.path };
  const success = { exitCode: 0, stdout: "checksum success\n", stderr: "" };
  expect(await tool(`opmfput --overwrite ${TOKEN} master:/d/f in`, server, world)).toEqual(success);
  expect(server.requests[0]).toMatchObject({
    query: { path: "/d/f", overwrite: "true" },
    body: "hello",
  });
  expect(await tool("stint-fput master:/d/ in", server, world)).toEqual(success);
  expect(server.requests[1]?.query).toMatchObject({ path: "/d/in", overwrite: "false" });
  expect(await tool(`opmfget ${TOKEN} master:/d/f`, server, world)).toEqual(success);
  expect((await tool("opmfget master:/d/f", server, world)).exitCode).toBe(1);
  expect(await tool(`opmfget ${TOKEN} -ow master:/d/f`, server, world)).toEqual(success);
  expect(await tool("stint-fget master:/d/f -- -other", server, world)).toEqual(success);
  expect(readdirSync(folder.path).toSorted()).toEqual(["-other", "f", "in"]);
  expect(readFileSync(join(folder.path, "-other"), "utf8")).toBe("hello");
});

test.each([
  ["stint-fls", "Expected 1 or 2 words behind the token and got 0"],
  ["stint-fput master:/a", "Expected 2 words behind the token and got 1"],
  ["stint-fget master:/a b c", "and got 3"],
  [
    "stint-fls secret master:/",
    "begins with stint_file_, before the path or in STINT_FILE_TOKEN, and got 6 characters",
  ],
  ["stint-fls --overwrite master:/", "Expected --long as option and got --overwrite"],
  [`stint-fget ${TOKEN} /a b`, "as master:/dir/file"],
  ["stint-fget master:/../a b", 'without "." and ".."'],
])("%s is refused with its usage, and nothing is sent", async (line, reason) => {
  const server = new FakeServer({});
  const { exitCode, stdout, stderr } = await tool(line, server);
  expect([exitCode, stdout]).toEqual([2, ""]);
  expect(stderr).toInclude(reason);
  expect(stderr).toInclude(`usage: ${line.split(" ")[0]} [`);
  expect(stderr).not.toInclude("secret");
  expect(server.requests).toEqual([]);
});

test("outside a script there is neither token nor server", async () => {
  const server = new FakeServer({});
  const none = await tool("stint-fls master:/", server, { env: {} });
  expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining("got none")]);
  const nowhere = await tool(`stint-fls ${TOKEN} master:/`, server, { env: {} });
  expect(nowhere.stderr).toInclude("STINT_SERVER_URL; this tool is for scripts");
  expect((await tool("stint-rm x", server)).exitCode).toBe(2);
});

test("help is printed without a token", async () => {
  const { exitCode, stdout } = await tool("opmfget --help", new FakeServer({}), { env: {} });
  expect(exitCode).toBe(0);
  expect(stdout).toStartWith(
    "usage: opmfget [--overwrite] [<token>] <master:/file> [<local-file>]\n",
  );
});

test("refusals and a server that is away are told, without the token", async () => {
  const ended = refusal(401, "AuthenticationFailed", "whose execution has ended");
  const refused = await tool("stint-fls master:/", new FakeServer({ "GET /repository": ended }));
  expect([refused.exitCode, refused.stdout]).toEqual([1, ""]);
  expect(refused.stderr).toBe(
    "error: whose execution has ended (AuthenticationFailed)\nfix: Mend it.\n",
  );
  const away = new FakeServer({ "GET /repository": new Error("ECONNREFUSED") });
  const { exitCode, stderr } = await tool("stint-fls master:/", away);
  expect(exitCode).toBe(1);
  expect(stderr).toStartWith(`error: No server answers at ${TEST_URL}: `);
  expect(stderr).not.toInclude(OWN);
});
