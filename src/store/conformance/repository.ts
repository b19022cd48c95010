import { expect } from "bun:test";
import type { RepositoryFile } from "../../model/fleet/repository.ts";
import type { Store } from "../store.ts";
import type { Check } from "./harness.ts";

const CREATED = 1_000;
const EXPIRES = 2_000;

function file(path: string, over: Partial<RepositoryFile> = {}): RepositoryFile {
  return {
    path,
    blobKey: `repository/${path}`,
    sizeBytes: 5,
    sha256: "0".repeat(64),
    uploadedBy: "bumbee(user)",
    createdAt: CREATED,
    expiresAt: EXPIRES,
    ...over,
  };
}

async function put({ repository }: Store, ...paths: string[]): Promise<void> {
  for (const path of paths) {
    expect(await repository.put(file(path), false)).toMatchObject({ put: "stored" });
  }
}

async function names(store: Store, folder: string, now = CREATED): Promise<string[]> {
  const { files, folders } = await store.repository.list(folder, now);
  return [...folders.map(({ name }) => `${name}/`), ...files.map(({ path }) => path)];
}

export function checkRepository(check: Check): void {
  checkPut(check);
  checkFolders(check);
  checkExpiry(check);
  check("a secret is the first that was kept under its name", async (opened) => {
    expect(await opened.store.keepSecret("a", "first")).toBe("first");
    const store = await opened.reopen();
    expect(await store.keepSecret("a", "second")).toBe("first");
    expect(await store.keepSecret("b", "second")).toBe("second");
  });
}

function checkPut(check: Check): void {
  check(
    "a file is there until its time, and a second one only where it was asked for",
    async (opened) => {
      const first = file("/a/한 글 %2e%2e.txt");
      const { repository } = opened.store;
      expect(await repository.put(first, false)).toEqual({ put: "stored", replaced: null });
      const again = { ...first, blobKey: "repository/2", sizeBytes: 7 };
      const exists = { put: "exists", path: first.path } as const;
      expect(await repository.put(again, false)).toEqual(exists);
      expect(await repository.inTheWay(first.path, false, CREATED)).toEqual(exists);
      expect(await repository.inTheWay(first.path, true, CREATED)).toBeNull();
      expect(await repository.read(first.path, EXPIRES - 1)).toEqual(first);
      expect(await repository.read(first.path, EXPIRES)).toBeNull();
      expect(await repository.put(again, true)).toEqual({ put: "stored", replaced: first });
      const store = await opened.reopen();
      expect(await store.repository.read(first.path, CREATED)).toEqual(again);
      expect(await store.repository.sizeBytes()).toBe(7);
      expect(await store.repository.hasBlob(first.blobKey)).toBe(false);
      expect(await store.repository.hasBlob(again.blobKey)).toBe(true);
    },
  );

  check("of several puts of one path one succeeds", async ({ store }) => {
    const puts = [1, 2, 3].map((number) =>
      store.repository.put(file("/a", { blobKey: `repository/${number}` }), false),
    );
    const stored = (await Promise.all(puts)).filter((answer) => answer.put === "stored");
    expect(stored).toHaveLength(1);
    expect(await store.repository.sizeBytes()).toBe(5);
  });

  check("a path is a file or a folder", async ({ store }) => {
    await put(store, "/a/b/c", "/d");
    const { repository } = store;
    expect(await repository.put(file("/a"), true)).toEqual({ put: "conflict", path: "/a/b/c" });
    expect(await repository.put(file("/a/b"), true)).toEqual({ put: "conflict", path: "/a/b/c" });
    expect(await repository.put(file("/d/e/f"), true)).toEqual({ put: "conflict", path: "/d" });
    await put(store, "/a/bc", "/dd/e");
    expect(await repository.read("/a/b", CREATED)).toBeNull();
  });

  check("a file is removed as long as its content is the one that was meant", async ({ store }) => {
    await put(store, "/a");
    const { repository } = store;
    expect(await repository.remove("/a", "repository/other")).toBe(false);
    expect(await repository.remove("/a", file("/a").blobKey)).toBe(true);
    expect(await repository.remove("/a", file("/a").blobKey)).toBe(false);
    expect(await names(store, "/")).toEqual([]);
    expect(await repository.sizeBytes()).toBe(0);
  });
}

function checkFolders(check: Check): void {
  check(
    "a folder shows its files and folders by name, and nothing below them",
    async ({ store }) => {
      await put(store, "/z", "/a/2", "/a/1", "/a/b/x/y", "/a/b0", "/a0/n", "/A");
      expect(await names(store, "/")).toEqual(["a/", "a0/", "/A", "/z"]);
      expect(await names(store, "/a")).toEqual(["b/", "/a/1", "/a/2", "/a/b0"]);
      expect(await names(store, "/a/b")).toEqual(["x/"]);
      expect(await names(store, "/a/b/x/y")).toEqual([]);
      expect(await names(store, "/none")).toEqual([]);
    },
  );

  check("a folder is as new as the newest file below it", async ({ store }) => {
    await store.repository.put(file("/a/b/old", { createdAt: 1 }), false);
    await store.repository.put(file("/a/c/new", { createdAt: 9 }), false);
    const { folders } = await store.repository.list("/", CREATED);
    expect(folders).toEqual([{ name: "a", newestAt: 9 }]);
  });
}

function checkExpiry(check: Check): void {
  check(
    "what has expired is not seen, is in nobody's way, and is listed to be removed",
    async ({ store }) => {
      const { repository } = store;
      await put(store, "/a", "/b/c");
      await repository.put(file("/d", { expiresAt: EXPIRES + 1 }), false);
      expect(await names(store, "/", EXPIRES)).toEqual(["/d"]);
      expect(await repository.inTheWay("/b", false, EXPIRES)).toBeNull();
      const late = { createdAt: EXPIRES, expiresAt: 3_000, blobKey: "repository/late" };
      expect(await repository.put(file("/a", late), false)).toMatchObject({ replaced: file("/a") });
      const expired = await repository.listExpired(EXPIRES, 10);
      expect(expired.map(({ path }) => path)).toEqual(["/b/c"]);
      expect(await repository.listExpired(EXPIRES, 0)).toEqual([]);
      const all = await repository.listExpired(3_000, 10);
      expect(all.map(({ path }) => path)).toEqual(["/b/c", "/d", "/a"]);
    },
  );
}
