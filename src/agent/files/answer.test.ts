import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NodeAnswer, NodeQuestion } from "../../protocol/node/message.ts";
import { answerQuestion } from "./answer.ts";

let root = "";
let outside = "";
beforeEach(() => {
  const base = mkdtempSync(join(tmpdir(), "stint-files-"));
  root = join(base, "root");
  outside = join(base, "outside");
  mkdirSync(join(root, "a/b"), { recursive: true });
  mkdirSync(outside);
  writeFileSync(join(root, "a/file.txt"), "hello");
  writeFileSync(join(root, "a/b/deep.txt"), "deep");
  writeFileSync(join(outside, "secret"), "secret");
});
afterEach(() => rmSync(join(root, ".."), { recursive: true }));

function ask(question: NodeQuestion, isLive = () => false): Promise<NodeAnswer> {
  return answerQuestion(question, { rootDirectory: root, isLive });
}

function read(path: string, more: Partial<Extract<NodeQuestion, { kind: "read" }>> = {}) {
  return {
    kind: "read",
    path,
    offset: 0,
    maxBytes: 1000,
    waitMs: 0,
    follow: null,
    ...more,
  } as const;
}

function textOf(answer: NodeAnswer): string {
  if (answer.kind !== "bytes") throw new Error(JSON.stringify(answer));
  return Buffer.from(answer.base64, "base64").toString();
}

test("a listing has files and directories in order, and goes down when asked to", async () => {
  symlinkSync("/etc", join(root, "a/link"));
  const flat = await ask({ kind: "list", path: "a", recursive: false });
  const deep = await ask({ kind: "list", path: "", recursive: true });
  if (flat.kind !== "files" || deep.kind !== "files") throw new Error("no listing");
  expect(flat.files.map(({ path, isDirectory }) => [path, isDirectory])).toEqual([
    ["a/b", true],
    ["a/file.txt", false],
  ]);
  expect(deep.files.map(({ path }) => path)).toEqual(["a", "a/b", "a/b/deep.txt", "a/file.txt"]);
  expect(deep.truncated).toBe(false);
});

test("stat tells size and kind, of the root too", async () => {
  const answer = await ask({ kind: "stat", path: "a//./file.txt" });
  expect(answer).toMatchObject({
    kind: "file",
    file: { path: "a/file.txt", isDirectory: false, sizeBytes: 5 },
  });
  expect(await ask({ kind: "stat", path: "" })).toMatchObject({ file: { isDirectory: true } });
});

test("a read gives the bytes of a range and the size", async () => {
  const answer = await ask(read("a/file.txt", { offset: 1, maxBytes: 3 }));
  expect(answer).toMatchObject({ kind: "bytes", offset: 1, sizeBytes: 5, final: true });
  expect(textOf(answer)).toBe("ell");
  expect(textOf(await ask(read("a/file.txt", { offset: 9 })))).toBe("");
});

test.each([
  "../outside/secret",
  "a/../../outside/secret",
  "/etc/passwd",
  "a/out/secret",
  "a/secret",
  "a\0b",
])("a path that leaves the root is refused: %j", async (path) => {
  symlinkSync(outside, join(root, "a/out"));
  symlinkSync(join(outside, "secret"), join(root, "a/secret"));
  for (const question of [
    read(path),
    { kind: "stat", path } as const,
    { kind: "list", path, recursive: true } as const,
  ]) {
    expect(await ask(question)).toMatchObject({ kind: "error", code: "PathRefused" });
  }
});

test("a link that is swapped in and out meanwhile never leads outside", async () => {
  const inside = join(root, "a/dir");
  mkdirSync(inside);
  writeFileSync(join(inside, "secret"), "inside");
  let isOver = false;
  const swap = async () => {
    while (!isOver) {
      renameSync(inside, join(root, "a/away"));
      symlinkSync(outside, inside);
      await Bun.sleep(0);
      rmSync(inside);
      renameSync(join(root, "a/away"), inside);
      await Bun.sleep(0);
    }
  };
  const swapping = swap();
  const seen = new Set<string>();
  for (let round = 0; round < 300; round += 1) {
    const answer = await ask(read("a/dir/secret"));
    seen.add(answer.kind === "bytes" ? textOf(answer) : answer.kind);
    await Bun.sleep(0);
  }
  isOver = true;
  await swapping;
  expect(seen).not.toContain("secret");
});

test("a pipe or a directory is no file and holds nobody up", async () => {
  const made = Bun.spawn(["mkfifo", join(root, "pipe")]);
  await made.exited;
  expect(await ask(read("pipe"))).toMatchObject({ code: "NotAFile" });
  expect(await ask(read("a"))).toMatchObject({ code: "NotAFile" });
  expect(await ask({ kind: "stat", path: "pipe" })).toMatchObject({ code: "NotAFile" });
});

test("what is not there is told so", async () => {
  expect(await ask(read("a/none"))).toMatchObject({ code: "PathNotFound" });
  expect(await ask(read("a/file.txt/x"))).toMatchObject({ code: "PathNotFound" });
});

test("a follower gets what is written while it waits", async () => {
  const waiting = ask(read("a/file.txt", { offset: 5, waitMs: 20_000, follow: 1 }), () => true);
  appendFileSync(join(root, "a/file.txt"), " world");
  const answer = await waiting;
  expect(textOf(answer)).toBe(" world");
  expect(answer).toMatchObject({ offset: 5, final: false });
});

test("a follower waits for a file that is not there yet", async () => {
  const waiting = ask(read("a/new.txt", { waitMs: 20_000, follow: 1 }), () => true);
  writeFileSync(join(root, "a/new.txt"), "new");
  expect(textOf(await waiting)).toBe("new");
});

test("a follower is told at once that nothing will come any more", async () => {
  let isLive = true;
  const question = read("a/file.txt", { offset: 5, waitMs: 20_000, follow: 1 });
  const waiting = ask(question, () => isLive);
  isLive = false;
  expect(await waiting).toMatchObject({ base64: "", final: true });
});

test("a follower whose wait is over gets nothing, and it is not the end", async () => {
  const question = read("a/file.txt", { offset: 5, waitMs: 1, follow: 1 });
  expect(await ask(question, () => true)).toMatchObject({ base64: "", final: false });
});
