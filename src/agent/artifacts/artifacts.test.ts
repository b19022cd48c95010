import { afterEach, expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ArtifactSpec } from "../../model/group.ts";
import { namesBelow } from "../allocation/layout.ts";
import { bringArtifacts } from "./artifacts.ts";

const bases: string[] = [];
const servers: Bun.Server<undefined>[] = [];
afterEach(async () => {
  for (const base of bases.splice(0)) rmSync(base, { recursive: true, force: true });
  await Promise.all(servers.splice(0).map((server) => server.stop(true)));
});

function setUp() {
  const base = mkdtempSync(join(tmpdir(), "stint-artifact-"));
  bases.push(base);
  const root = join(base, "root");
  mkdirSync(join(root, "web", "local"), { recursive: true });
  mkdirSync(join(root, "alloc"));
  const seen = {
    alloc: join(root, "alloc"),
    local: join(root, "web", "local"),
    secrets: join(root, "web", "secrets"),
  };
  const bring = (artifact: Partial<ArtifactSpec>) =>
    bringArtifacts(
      [{ source: "", destination: "local/", mode: "any", options: {}, headers: {}, ...artifact }],
      {
        root,
        staging: join(base, "staging"),
        namesOf: (destination) => namesBelow(destination, "web", [seen]),
        owner: { uid: null, gid: null },
        mayReadFiles: true,
        download: async (source, sink) => {
          sink.begin();
          await sink.take(Buffer.from(source.kind === "server" ? `server ${source.path}` : ""));
        },
        signal: new AbortController().signal,
      },
    );
  const read = (path: string) => readFileSync(join(root, path), "utf8");
  return { base, root, bring, read };
}

function serve(pages: Record<string, string | Uint8Array<ArrayBuffer>>, header?: string): string {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      const page = pages[new URL(request.url).pathname];
      if (header !== undefined && request.headers.get("x-key") !== header) {
        return new Response("", { status: 403 });
      }
      return page === undefined ? new Response("", { status: 404 }) : new Response(page);
    },
  });
  servers.push(server);
  return `http://127.0.0.1:${server.port}`;
}

/** A tree of files, and links by what they lead to. */
function archive(
  base: string,
  command: string[],
  files: Record<string, string>,
  links = {},
): string {
  const tree = mkdtempSync(join(base, "tree-"));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(tree, path, ".."), { recursive: true });
    writeFileSync(join(tree, path), content);
  }
  for (const [path, target] of Object.entries<string>(links)) symlinkSync(target, join(tree, path));
  const made = Bun.spawnSync(command, { cwd: tree });
  if (made.exitCode !== 0) throw new Error(made.stderr.toString());
  return tree;
}

test("a file is put into the destination under its own name", async () => {
  const { bring, read } = setUp();
  const url = serve({ "/dir/app.conf": "hello" });
  expect(await bring({ source: `${url}/dir/app.conf?x=1`, destination: "local/conf" })).toBeNull();
  expect(read("web/local/conf/app.conf")).toBe("hello");
});

test("in mode file the destination is the file", async () => {
  const { bring, read } = setUp();
  const url = serve({ "/a.tar": "not unpacked" }, "secret");
  const source = `${url}/a.tar`;
  const headers = { "x-key": "secret" };
  expect(await bring({ source, headers, mode: "file", destination: "local/b" })).toBeNull();
  expect(read("web/local/b")).toBe("not unpacked");
});

test("files of the server and of this machine are sources too", async () => {
  const { base, bring, read } = setUp();
  writeFileSync(join(base, "own"), "of this machine");
  expect(await bring({ source: join(base, "own") })).toBeNull();
  expect(await bring({ source: "server:tools/x", destination: "../alloc/data" })).toBeNull();
  expect(read("web/local/own")).toBe("of this machine");
  expect(read("alloc/data/x")).toBe("server tools/x");
});

test.each([
  ["tar", ["tar", "-cf", "../a.tar", "."]],
  ["tar.gz", ["tar", "-czf", "../a.tar.gz", "."]],
  ["tgz", ["tar", "-czf", "../a.tgz", "."]],
])("an archive %s is unpacked over what is there", async (ending, command) => {
  const { base, bring, read } = setUp();
  archive(base, command, { "bin/run": "new", "deep/er/file": "x" }, { link: "bin/run" });
  const url = serve({ [`/a.${ending}`]: readFileSync(join(base, `a.${ending}`)) });
  expect(await bring({ source: `${url}/a.${ending}`, destination: "local" })).toBeNull();
  expect(await bring({ source: `${url}/a.${ending}`, destination: "local" })).toBeNull();
  expect([read("web/local/bin/run"), read("web/local/deep/er/file")]).toEqual(["new", "x"]);
  expect(read("web/local/link")).toBe("new");
});

/** One stored file `hello.txt`, made by hand so that no zip is needed to test unzip. */
const ZIP =
  "UEsDBBQAAAAAAAAAIQCGphA2BQAAAAUAAAAJAAAAaGVsbG8udHh0aGVsbG9QSwECFAMUAAAAAAAAACEAhqYQNgUAAAAFAAAACQAA" +
  "AAAAAAAAAAAAgAEAAAAAaGVsbG8udHh0UEsFBgAAAAABAAEANwAAACwAAAAAAA==";

test("a zip is unpacked", async () => {
  const { bring, read } = setUp();
  const url = serve({ "/a.zip": Buffer.from(ZIP, "base64") });
  expect(await bring({ source: `${url}/a.zip` })).toBeNull();
  expect(read("web/local/hello.txt")).toBe("hello");
});

test("archive = false leaves an archive as it is", async () => {
  const { bring, read } = setUp();
  const url = serve({ "/a.zip": "PK" });
  expect(await bring({ source: `${url}/a.zip`, options: { archive: "false" } })).toBeNull();
  expect(read("web/local/a.zip")).toBe("PK");
});

test.each([
  ["sha256", "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"],
  ["sha1", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"],
  ["md5", "5d41402abc4b2a76b9719d911017c592"],
])("content is compared with a checksum of %s", async (algorithm, hex) => {
  const { bring, root } = setUp();
  const url = serve({ "/good": "hello", "/bad": "hallo" });
  const options = { checksum: `${algorithm}:${hex}` };
  expect(await bring({ source: `${url}/good`, options })).toBeNull();
  expect(await bring({ source: `${url}/bad?checksum=${algorithm}:${hex}` })).toMatchObject({
    isRecoverable: true,
    message: expect.stringContaining(hex),
  });
  expect(existsSync(join(root, "web/local/bad"))).toBe(false);
});

test.each([
  "git::https://example.com/x",
  "git@example.com:x/y.git",
  "https://example.com/x/y.git",
  "ftp://example.com/x",
  "relative/path",
])("%s is refused, and trying again is of no use", async (source) => {
  expect(await setUp().bring({ source })).toMatchObject({ isRecoverable: false });
});

test("what is not there, or out of reach, may be there later", async () => {
  const { bring } = setUp();
  const url = serve({});
  expect(await bring({ source: `${url}/none` })).toMatchObject({ isRecoverable: true });
  await servers.pop()?.stop(true);
  expect(await bring({ source: `${url}/none` })).toMatchObject({ isRecoverable: true });
});

test.each(["../../x", "local/../../../x", "../other/x"])(
  "the destination %s is refused",
  async (destination) => {
    const { base, bring, root } = setUp();
    writeFileSync(join(base, "own"), "x");
    const source = join(base, "own");
    expect(await bring({ source, destination })).toMatchObject({ isRecoverable: false });
    expect(existsSync(join(root, "..", "x"))).toBe(false);
  },
);

test.each([
  ["a link that leads out", ["tar", "-cf", "../a.tar", "."], { out: "../../../etc" }],
  ["an absolute link", ["tar", "-cf", "../a.tar", "."], { out: "/etc" }],
  ["a path with ..", ["tar", "-cPf", "../a.tar", "../up"], {}],
  ["an absolute path", ["tar", "-cPf", "../a.tar", "/etc/hostname"], {}],
] as const)("an archive with %s is refused", async (_, command, links) => {
  const { base, bring, root } = setUp();
  writeFileSync(join(base, "up"), "up");
  archive(base, [...command], { file: "x" }, links);
  const answer = await bring({ source: join(base, "a.tar") });
  expect(answer).toMatchObject({ isRecoverable: false });
  expect(existsSync(join(root, "web/local/file"))).toBe(false);
});

test("a link that the member has put in the way is not followed", async () => {
  const { base, bring, root } = setUp();
  const outside = join(base, "outside");
  mkdirSync(outside);
  symlinkSync(outside, join(root, "web/local/dir"));
  writeFileSync(join(base, "own"), "x");
  const source = join(base, "own");
  expect(await bring({ source, destination: "local/dir" })).toMatchObject({ isRecoverable: false });
  archive(base, ["tar", "-cf", "../a.tar", "."], { "dir/own": "x" });
  expect(await bring({ source: join(base, "a.tar"), destination: "local" })).toBeNull();
  expect(existsSync(join(outside, "own"))).toBe(false);
  expect(lstatSync(join(root, "web/local/dir")).isDirectory()).toBe(true);
});
