import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FolderBlobStore } from "../../store/folderBlobStore.ts";
import { TestApi } from "../routes/testApi.ts";

const DAY_MS = 86_400_000;
const GUEST = { headers: { authorization: "Bearer 3" } };
const OPERATOR = { headers: { authorization: "Bearer 2" } };

let folder: string;
let api: TestApi;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "stint-repository-"));
  api = await TestApi.open({ quotaBytes: 100 }, new FolderBlobStore(folder));
});
afterEach(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

function contentPath(path: string, more = ""): string {
  return `/repository/content?path=${encodeURIComponent(path)}${more}`;
}

function put(path: string, body: string, more = "") {
  return api.json("PUT", contentPath(path, more), body);
}

async function get(path: string): Promise<string> {
  return await (await api.request("GET", contentPath(path))).text();
}

async function names(query: string): Promise<string[]> {
  const { items } = await api.json("GET", `/repository?${query}`);
  return items.map(({ name }: { name: string }) => name);
}

function contents(): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name));
}

test("a file is stored with its checksum, and comes back with it", async () => {
  const sha256 = new Bun.CryptoHasher("sha256").update("hello").digest("hex");
  const item = await put("/a b/한.txt", "hello", `&sha256=${sha256.toUpperCase()}`);
  expect(item).toMatchObject({
    name: "한.txt",
    path: "/a b/한.txt",
    type: "file",
    sizeBytes: 5,
    sha256,
  });
  expect(item).toMatchObject({ validDays: 14, uploadedBy: "test(user)" });
  const response = await api.request("GET", contentPath("/a b/한.txt"));
  const digest = Buffer.from(sha256, "hex").toString("base64");
  expect(response.headers.get("repr-digest")).toBe(`sha-256=:${digest}:`);
  expect(response.headers.get("content-length")).toBe("5");
  expect(await response.text()).toBe("hello");
  const range = { headers: { range: "bytes=1-2" } };
  const part = await api.request("GET", contentPath("/a b/한.txt"), undefined, range);
  expect([part.status, await part.text()]).toEqual([206, "el"]);
});

test("content that is not what its sender has is refused, and nothing of it stays", async () => {
  const wrong = `&sha256=${"0".repeat(64)}`;
  const refusal = await api.refusal("PUT", contentPath("/a", wrong), "hello");
  expect([refusal.status, refusal.code]).toEqual([400, "ChecksumMismatch"]);
  const cut = { headers: { "content-length": "50" } };
  const short = await api.refusal("PUT", contentPath("/a"), "hello", cut);
  expect([short.code, short.given]).toEqual(["ChecksumMismatch", "5 bytes"]);
  expect([await names(""), contents()]).toEqual([[], []]);
});

test("an existing file stays unless it is to be replaced", async () => {
  await put("/a", "first");
  const refusal = await api.refusal("PUT", contentPath("/a"), "second");
  expect([refusal.status, refusal.code]).toEqual([409, "FileExists"]);
  expect(await get("/a")).toBe("first");
  await put("/a", "second", "&overwrite");
  expect(await get("/a")).toBe("second");
  expect(contents()).toHaveLength(1);
});

test("uploads of one path at once end with one of them, whole", async () => {
  const bodies = ["1", "2", "3", "4"].map((letter) => letter.repeat(10));
  const alone = await Promise.all(
    bodies.map(async (body) => (await api.request("PUT", contentPath("/a"), body)).status),
  );
  expect(alone.toSorted()).toEqual([201, 409, 409, 409]);
  await Promise.all(bodies.map((body) => put("/b", body, "&overwrite")));
  expect(bodies).toContain(await get("/b"));
  expect(contents()).toHaveLength(2);
});

test("one level is listed, folders first, by a pattern of the shell, and paged", async () => {
  for (const path of [
    "/logs/b.log",
    "/logs/a.log",
    "/logs/c.txt",
    "/logs/old/z.log",
    "/logs/.hid",
  ]) {
    await put(path, "x");
  }
  expect(await names("")).toEqual(["logs"]);
  expect(await names("path=/logs/")).toEqual(["old", ".hid", "a.log", "b.log", "c.txt"]);
  expect(await names("path=/logs&pattern=*.log")).toEqual(["a.log", "b.log"]);
  expect(await names("path=/logs&pattern=[ab].*&offset=1")).toEqual(["b.log"]);
  expect(await names("path=/logs/a.log")).toEqual(["a.log"]);
  const page = await api.json("GET", "/repository?path=/logs&limit=1");
  expect(page).toMatchObject({ items: [{ type: "directory", validDays: 0 }], total: 5 });
  const missing = await api.refusal("GET", "/repository?path=/none");
  expect([missing.status, missing.code]).toEqual([404, "FileNotFound"]);
});

test.each(["/../etc/passwd", "/a/../../b", "/./a", "//a", "a", "", "/a%00b", "/a\nb"])(
  "the path %j is refused, and nothing is stored",
  async (path) => {
    const query = path.includes("%") ? `/repository/content?path=${path}` : contentPath(path);
    for (const method of ["GET", "PUT"]) {
      const refusal = await api.refusal(method, query, method === "PUT" ? "x" : undefined);
      expect([refusal.status, refusal.code]).toEqual([400, "PathRefused"]);
    }
    expect(contents()).toEqual([]);
  },
);

test("encoded dots and slashes are letters of a name", async () => {
  await put("/%2e%2e%2fetc", "x");
  expect(await names("")).toEqual(["%2e%2e%2fetc"]);
  const twice = await api.refusal("GET", "/repository/content?path=%2F..%2F..%2Fetc%2Fpasswd");
  expect(twice.code).toBe("PathRefused");
});

test("a file is no folder, and a folder no file", async () => {
  await put("/a/b", "x");
  expect((await api.refusal("PUT", contentPath("/a"), "x")).code).toBe("PathRefused");
  expect((await api.refusal("PUT", contentPath("/a/b/c"), "x")).code).toBe("PathRefused");
  expect((await api.refusal("PUT", contentPath("/"), "x")).code).toBe("PathRefused");
  expect((await api.refusal("GET", contentPath("/a"))).message).toInclude("the folder /a");
  expect((await api.refusal("GET", contentPath("/a/c"))).code).toBe("FileNotFound");
});

test("no link that somebody puts into the server's folder is followed", async () => {
  await put("/a", "root:");
  const secret = join(folder, "..", `${folder.split("/").at(-1)}-secret`);
  writeFileSync(secret, "root:");
  const [content = ""] = contents();
  rmSync(content);
  symlinkSync(secret, content);
  const refusal = await api.refusal("GET", contentPath("/a"));
  expect([refusal.status, refusal.code]).toEqual([409, "FileDamaged"]);
  symlinkSync("/etc", join(folder, "repository", "etc"));
  expect((await api.refusal("GET", contentPath("/etc/passwd"))).code).toBe("FileNotFound");
  await put("/a", "again", "&overwrite");
  expect(await get("/a")).toBe("again");
  expect(readFileSync(secret, "utf8")).toBe("root:");
  rmSync(secret);
});

test("a content that was changed or removed on the server is told", async () => {
  await put("/a", "hello");
  const [content = ""] = contents();
  writeFileSync(content, "hello and more");
  expect((await api.refusal("GET", contentPath("/a"))).code).toBe("FileDamaged");
  rmSync(content);
  expect((await api.refusal("GET", contentPath("/a"))).code).toBe("FileDamaged");
});

test("the quota is for all files, counts uploads under way, and is given back", async () => {
  await put("/a", "x".repeat(60));
  const full = await api.refusal("PUT", contentPath("/b"), "x".repeat(41));
  expect([full.status, full.code, full.expected]).toEqual([
    409,
    "RepositoryFull",
    "at most 40 bytes",
  ]);
  const both = ["/c", "/d"].map((path) => api.request("PUT", contentPath(path), "x".repeat(30)));
  const statuses = (await Promise.all(both)).map(({ status }) => status);
  expect(statuses.toSorted()).toEqual([201, 409]);
  expect(contents()).toHaveLength(2);
  await put("/a", "", "&overwrite");
  await put("/e", "x".repeat(70));
});

test("what has expired is gone, and its room free after the next sweep", async () => {
  await put("/a/old", "x".repeat(60));
  api.advance(DAY_MS);
  await put("/a/new", "x".repeat(30));
  api.advance(13 * DAY_MS);
  expect(await names("path=/a")).toEqual(["new"]);
  expect((await api.refusal("GET", contentPath("/a/old"))).code).toBe("FileNotFound");
  expect(contents()).toHaveLength(2);
  await api.repository.sweep();
  expect(contents()).toHaveLength(1);
  await put("/b", "x".repeat(70));
});

test("contents that a killed server left without a file are removed at the next start", async () => {
  await put("/a", "kept");
  writeFileSync(join(folder, "repository", "orphan"), "x");
  await api.repository.sweepContents();
  expect(contents()).toHaveLength(1);
  expect(await get("/a")).toBe("kept");
});

test("guests list, operators transfer", async () => {
  await api.json("PUT", contentPath("/a"), "x", OPERATOR);
  expect((await api.json("GET", "/repository", undefined, GUEST)).total).toBe(1);
  for (const method of ["GET", "PUT"]) {
    const body = method === "PUT" ? "x" : undefined;
    const refusal = await api.refusal(method, contentPath("/a"), body, GUEST);
    expect([refusal.status, refusal.code]).toEqual([403, "InsufficientPermissions"]);
    expect(refusal.message).toStartWith("Expected an operator or higher");
  }
  const nobody = { headers: { authorization: "Bearer x" } };
  expect((await api.refusal("GET", "/repository", undefined, nobody)).status).toBe(401);
});
