import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RepositoryItem } from "../../protocol/api/answer/repository.ts";
import { TIME } from "../fixtures.ts";
import { FakeServer, ran, refusal, TEST_URL, TestFolder } from "../testCli.ts";

const REQUESTING = `Requesting ${TEST_URL}\n`;
const CONTENT = "GET /repository/content";

function sha256(text: string, encoding: "hex" | "base64" = "hex"): string {
  return new Bun.CryptoHasher("sha256").update(text).digest(encoding);
}

const FILE: RepositoryItem = {
  name: "patch.tar.gz",
  path: "/dist/patch.tar.gz",
  type: "file",
  sizeBytes: 123_456,
  createdTime: TIME,
  validDays: 13,
  expiryTime: TIME,
  sha256: sha256("x"),
  uploadedBy: "bumbee(user)",
};
const FOLDER: RepositoryItem = {
  name: "old",
  path: "/dist/old",
  type: "directory",
  sizeBytes: 0,
  createdTime: TIME,
  validDays: 0,
};

function content(text: string, digestOf = text): () => Response {
  const headers = { "repr-digest": `sha-256=:${sha256(digestOf, "base64")}:` };
  return () => new Response(text, { headers });
}

test("a folder is listed, with its rows counted", async () => {
  const server = new FakeServer({ "GET /repository": { items: [FOLDER, FILE], total: 7 } });
  const words = ["file", "list", "-rp", "master:/dist/", "-lm", "2", "-of", "5"];
  expect(await ran(words, server)).toEqual({
    exitCode: 0,
    stdout: `+--------------+--------+------------------+-----------+-----------+
| NAME         | SIZE   | DATE             | TYPE      | VALID_DAY |
+--------------+--------+------------------+-----------+-----------+
| old          | 0      | 2026/11/21 03:20 | directory | 0         |
| patch.tar.gz | 123456 | 2026/11/21 03:20 | file      | 13        |
+--------------+--------+------------------+-----------+-----------+

ROWS COUNT : 2/7
`,
    stderr: REQUESTING,
  });
  expect(server.requests[0]?.query).toEqual({ path: "/dist", limit: "2", offset: "5" });
  const json = await ran(["file", "list", "--remotepath", "master:/dist", "--json"], server);
  expect(JSON.parse(json.stdout)).toEqual({ items: [FOLDER, FILE] });
});

test("a file is uploaded with its checksum", async () => {
  using folder = new TestFolder();
  writeFileSync(join(folder.path, "a b.txt"), "hello");
  const world = { currentFolder: folder.path };
  const server = new FakeServer({ "PUT /repository/content": FILE });
  const words = ["file", "put", "-rp", "master:/dist/", "-lp", "a b.txt"];
  expect(await ran(words, server, world)).toEqual({
    exitCode: 0,
    stdout: "checksum success\n",
    stderr: REQUESTING,
  });
  const query = { path: "/dist/a b.txt", overwrite: "false", sha256: sha256("hello") };
  expect(server.requests[0]).toMatchObject({ query, body: "hello" });
  const long = [
    "file",
    "put",
    "--remotepath",
    "master:/x",
    "--localpath",
    "a b.txt",
    "--overwrite",
  ];
  const json = await ran([...long, "--json"], server, world);
  expect(JSON.parse(json.stdout)).toEqual(FILE);
  expect(server.requests[1]?.query).toMatchObject({ path: "/x", overwrite: "true" });
});

test("a file is downloaded to a file or into a folder, and checked", async () => {
  using folder = new TestFolder();
  const world = { currentFolder: folder.path };
  const server = new FakeServer({ [CONTENT]: content("hello") });
  const get = (...words: string[]) =>
    ran(["file", "get", "-rp", "master:/dist/a.txt", ...words], server, world);
  expect(await get("-lp", "b.txt")).toEqual({
    exitCode: 0,
    stdout: "checksum success\n",
    stderr: REQUESTING,
  });
  expect(readFileSync(join(folder.path, "b.txt"), "utf8")).toBe("hello");
  mkdirSync(join(folder.path, "into"));
  expect((await get("-lp", "into")).exitCode).toBe(0);
  expect(readdirSync(join(folder.path, "into"))).toEqual(["a.txt"]);
  const again = await get("-lp", "into");
  expect([again.exitCode, again.stdout]).toEqual([1, ""]);
  expect(again.stderr).toInclude("Expected no file");
  expect((await get("-lp", "into", "-ow")).exitCode).toBe(0);
});

test("content that is not the checksum's is not written", async () => {
  using folder = new TestFolder();
  writeFileSync(join(folder.path, "b"), "before");
  const server = new FakeServer({ [CONTENT]: content("hell", "hello") });
  const words = ["file", "get", "-rp", "master:/a", "-lp", "b", "-ow"];
  const { exitCode, stdout, stderr } = await ran(words, server, { currentFolder: folder.path });
  expect([exitCode, stdout]).toEqual([1, ""]);
  expect(stderr).toInclude(`Expected content of the SHA-256 ${sha256("hello")}`);
  expect(readFileSync(join(folder.path, "b"), "utf8")).toBe("before");
  expect(readdirSync(folder.path)).toEqual(["b"]);
});

test.each([
  [["put", "-rp", "/dist/a", "-lp", "a"], 2, "as master:/dir/file"],
  [["put", "-rp", "master:/../a", "-lp", "a"], 2, 'without "." and ".."'],
  [["get", "-rp", "master:a", "-lp", "a"], 2, "begins with /"],
  [["list", "-rp", "master://"], 2, "names of 1 to 255 bytes"],
  [["list"], 2, "-rp,--remotepath"],
  [["put", "-rp", "master:/a"], 2, "-lp,--localpath"],
  [
    ["put", "-rp", "master:/a", "-lp", "none"],
    1,
    "Expected a file to upload at none, and there is none",
  ],
  [["put", "-rp", "master:/a", "-lp", "."], 1, "it is something else"],
])("%j is refused, and nothing is sent", async (words, exitCode, reason) => {
  using folder = new TestFolder();
  const server = new FakeServer({});
  const answer = await ran(["file", ...words], server, { currentFolder: folder.path });
  expect([answer.exitCode, answer.stdout]).toEqual([exitCode, ""]);
  expect(answer.stderr).toInclude(reason);
  expect(server.requests).toEqual([]);
});

test("a refusal of the server is told, with the command that helps", async () => {
  using folder = new TestFolder();
  const gone = refusal(404, "FileNotFound", "There is no file /a in the repository.");
  const server = new FakeServer({ [CONTENT]: gone });
  const words = ["file", "get", "-rp", "master:/a", "-lp", "a"];
  const { exitCode, stderr } = await ran(words, server, { currentFolder: folder.path });
  expect(exitCode).toBe(1);
  expect(stderr).toInclude("There is no file /a in the repository. (FileNotFound)");
  expect(existsSync(join(folder.path, "a"))).toBe(false);
});
