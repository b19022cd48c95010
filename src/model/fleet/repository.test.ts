import { expect, test } from "bun:test";
import { foldersOf, remotePath, repositoryPath, validDays } from "./repository.ts";

test.each([
  ["/", "/"],
  ["/a", "/a"],
  ["/a/b.txt", "/a/b.txt"],
  ["/a/", "/a"],
  ["/%2e%2e/a", "/%2e%2e/a"],
  ["/보고서 1/…", "/보고서 1/…"],
  ["/...", "/..."],
  ["/-x\\y", "/-x\\y"],
])("%s is the path %s", (text, path) => {
  expect(repositoryPath(text)).toEqual({ ok: true, path });
  expect(remotePath(`master:${text}`)).toEqual({ ok: true, path });
});

test.each([
  ["", "begins with /"],
  ["a/b", "begins with /"],
  ["/..", '".."'],
  ["/a/../../etc/passwd", '".."'],
  ["/a/./b", '"."'],
  ["//a", "names of 1 to 255 bytes"],
  ["/a//", "names of 1 to 255 bytes"],
  ["//", "names of 1 to 255 bytes"],
  [`/${"한".repeat(86)}`, "names of 1 to 255 bytes"],
  ["/a\0b", "control characters"],
  ["/a\nb", "control characters"],
  ["/\ud800", "control characters"],
  [`/${"a".repeat(200)}`.repeat(21), "at most 4096 bytes"],
])("%j is refused: %s", (text, reason) => {
  const path = repositoryPath(text);
  expect(path.ok ? path.path : path.expected).toInclude(reason);
});

test("a path without master: is a local one", () => {
  for (const text of ["/a", "Master:/a", "slave:/a", ""]) {
    expect(remotePath(text)).toMatchObject({ ok: false });
  }
});

test("the folders of a path", () => {
  expect(foldersOf("/a/b/c")).toEqual(["/a", "/a/b"]);
  expect(foldersOf("/a")).toEqual([]);
});

test("days are counted when they are whole", () => {
  const day = 86_400_000;
  expect(validDays({ expiresAt: 14 * day }, 0)).toBe(14);
  expect(validDays({ expiresAt: 14 * day }, 1)).toBe(13);
  expect(validDays({ expiresAt: day }, 2 * day)).toBe(0);
});
