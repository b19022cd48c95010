import { afterAll, afterEach, beforeEach, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FailureInfo } from "../../model/failure.ts";
import type { ResourceFile } from "../../model/taskSpec.ts";
import { OWN_USER } from "../platform/users.ts";
import { newDownload } from "./download.ts";
import { bringFiles } from "./resourceFiles.ts";

const LARGE = Buffer.alloc(3 * 1024 * 1024, "abc");
let failures = 0;
const authorizations: string[] = [];
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request) {
    authorizations.push(request.headers.get("authorization") ?? "");
    const { pathname } = new URL(request.url);
    switch (pathname) {
      case "/hello":
        return new Response("hello");
      case "/large":
        return new Response(LARGE);
      case "/moved":
        return Response.redirect("/hello");
      case "/empty":
        return new Response("");
      case "/denied":
        return new Response("no", { status: 403 });
      case "/flaky":
        failures += 1;
        return failures % 3 === 0 ? new Response("hello") : new Response("", { status: 503 });
      case "/broken":
        return new Response("", { status: 500 });
      case "/silent":
        await new Promise(() => undefined);
    }
    if (pathname === "/api/v1/nodes/files/a%20b") return new Response("from the server");
    return new Response("none", { status: 404 });
  },
});
afterAll(() => server.stop(true));

const url = (path: string) => `http://127.0.0.1:${server.port}/${path}`;
const key = {
  identity: { guid: "guid", publicKey: "", joined: true },
  sign: async (text: string) => Buffer.from(text).toString("base64"),
};
const download = newDownload(`http://127.0.0.1:${server.port}`, key, { idleMs: 300, againMs: 1 });

let wd = "";
beforeEach(() => {
  wd = join(mkdtempSync(join(tmpdir(), "stint-resources-")), "wd");
  mkdirSync(wd);
});
afterEach(() => rmSync(join(wd, ".."), { recursive: true }));

function bring(...files: ResourceFile[]): Promise<FailureInfo | null> {
  return bringFiles(files, wd, OWN_USER, download, new AbortController().signal);
}

function fromUrl(path: string, more: Partial<ResourceFile> = {}): ResourceFile {
  return { source: { kind: "url", url: url(path) }, filePath: "file", ...more };
}

function inline(content: string, filePath: string, more: Partial<ResourceFile> = {}): ResourceFile {
  return { source: { kind: "inline", content, encoding: "utf8" }, filePath, ...more };
}

test("files come from an address, the server and the task itself", async () => {
  const failure = await bring(
    fromUrl("hello"),
    fromUrl("large", { filePath: "sub/dir/large" }),
    fromUrl("moved", { filePath: "moved" }),
    fromUrl("empty", { filePath: "empty" }),
    { source: { kind: "server", path: "a b" }, filePath: "server" },
    inline("text", "inline"),
    { source: { kind: "inline", content: "/w==", encoding: "base64" }, filePath: "bytes" },
  );
  expect(failure).toBeNull();
  expect(readFileSync(join(wd, "file"), "utf8")).toBe("hello");
  expect(readFileSync(join(wd, "sub/dir/large")).equals(LARGE)).toBe(true);
  expect(readFileSync(join(wd, "moved"), "utf8")).toBe("hello");
  expect(statSync(join(wd, "empty")).size).toBe(0);
  expect(readFileSync(join(wd, "server"), "utf8")).toBe("from the server");
  expect(readFileSync(join(wd, "inline"), "utf8")).toBe("text");
  expect([...readFileSync(join(wd, "bytes"))]).toEqual([255]);
});

test("a request to the server is signed over guid, time, method and path", async () => {
  await bring({ source: { kind: "server", path: "a b" }, filePath: "server" });
  const [, guid, timestamp, signature] =
    /^Node (.+):(\d+):(.+)$/.exec(authorizations.at(-1) ?? "") ?? [];
  expect(Buffer.from(signature ?? "", "base64").toString()).toBe(
    `${guid}:${timestamp}:GET:/api/v1/nodes/files/a%20b`,
  );
});

test("a file has mode 0770 unless it asks for another", async () => {
  await bring(inline("x", "plain"), inline("x", "secret", { fileMode: "0600" }));
  expect(statSync(join(wd, "plain")).mode & 0o7777).toBe(0o770);
  expect(statSync(join(wd, "secret")).mode & 0o7777).toBe(0o600);
});

test("a path that is named twice has the later content", async () => {
  await bring(inline("first", "file", { fileMode: "0400" }));
  expect(await bring(inline("second", "file"))).toBeNull();
  expect(readFileSync(join(wd, "file"), "utf8")).toBe("second");
});

test("a checksum is compared, and both are told when they differ", async () => {
  const sha256 = new Bun.CryptoHasher("sha256").update("hello").digest("hex");
  expect(await bring(fromUrl("hello", { sha256 }))).toBeNull();
  const failure = await bring(fromUrl("large", { sha256 }));
  expect(failure?.code).toBe("BlobDownloadMiscError");
  expect(failure?.message).toContain(sha256);
  expect(failure?.message).toContain(new Bun.CryptoHasher("sha256").update(LARGE).digest("hex"));
});

test.each([
  ["none", "BlobNotFound", "usererror"],
  ["denied", "BlobAccessDenied", "usererror"],
  ["silent", "BlobDownloadTimedOut", "servererror"],
  ["broken", "BlobDownloadMiscError", "servererror"],
] as const)("%s fails with %s", async (path, code, category) => {
  expect(await bring(fromUrl(path))).toMatchObject({ code, category });
});

test("an address that nobody listens on fails without its query, which may hold a secret", async () => {
  const source = { kind: "url", url: "http://127.0.0.1:1/x?sig=secret" } as const;
  const failure = await bring({ source, filePath: "file" });
  expect(failure?.code).toBe("BlobDownloadMiscError");
  expect(failure?.message).toContain("http://127.0.0.1:1/x");
  expect(failure?.message).not.toContain("secret");
});

test("only http and https are taken", async () => {
  const source = { kind: "url", url: "file:///etc/passwd" } as const;
  expect(await bring({ source, filePath: "file" })).toMatchObject({ category: "usererror" });
});

test("a passing failure is tried again", async () => {
  expect(await bring(fromUrl("flaky"))).toBeNull();
  expect(readFileSync(join(wd, "file"), "utf8")).toBe("hello");
});

test.each(["../out", "/tmp/out", "a/../../out", "", ".", "link/out", "linked"])(
  "a path that leaves the working directory is refused: %j",
  async (filePath) => {
    symlinkSync("..", join(wd, "link"));
    symlinkSync("../out", join(wd, "linked"));
    const failure = await bring(inline("x", filePath));
    if (filePath !== "linked") expect(failure?.code).toBe("ResourceFileCreateFailed");
    expect(existsSync(join(wd, "../out"))).toBe(false);
  },
);

test("a directory in the file's place is a failure of creation", async () => {
  mkdirSync(join(wd, "file"));
  expect(await bring(inline("x", "file"))).not.toBeNull();
});

test("an abort ends the downloads", async () => {
  const abort = new AbortController();
  const bringing = bringFiles([fromUrl("silent")], wd, OWN_USER, download, abort.signal);
  abort.abort();
  expect(await bringing).not.toBeNull();
});
