import { expect, test } from "bun:test";
import { mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blobStoreConformance, contentOf } from "./blobStore.conformance.ts";
import { FolderBlobStore } from "./folderBlobStore.ts";

async function setup() {
  const folder = await mkdtemp(join(tmpdir(), "stint-blobs-"));
  const root = join(folder, "blobs");
  const store = new FolderBlobStore(root);
  return { folder, root, store, cleanup: () => rm(folder, { recursive: true }) };
}

blobStoreConformance("folder", setup);

const WHOLE = { offset: 0, length: null } as const;

test("a link that leads out is refused, for reading, writing and removing", async () => {
  const { folder, root, store, cleanup } = await setup();
  await mkdir(join(folder, "outside"));
  await writeFile(join(folder, "outside/secret"), "secret");
  await symlink(join(folder, "outside"), join(root, "link"));
  await symlink(join(folder, "outside/secret"), join(root, "file"));
  for (const key of ["link/secret", "file"]) {
    const work = [store.get(key, WHOLE), store.size(key), store.remove(key)];
    for (const result of await Promise.allSettled(work)) {
      expect(result).toMatchObject({ status: "rejected", reason: { code: "unsafe" } });
    }
  }
  await expect(store.put("link/deep/new", contentOf("x"))).rejects.toMatchObject({
    code: "unsafe",
  });
  expect(await readdir(join(folder, "outside"))).toEqual(["secret"]);
  expect(await store.list("", null, 10)).toEqual([]);
  // A put takes the link's place; what it led to is left alone.
  await store.put("file", contentOf("mine"));
  expect(await Bun.file(join(folder, "outside/secret")).text()).toBe("secret");
  await cleanup();
});

test("a key that is the folder of another is a conflict, not a loss", async () => {
  const { store, cleanup } = await setup();
  await store.put("a/b", contentOf("x"));
  await expect(store.put("a", contentOf("y"))).rejects.toMatchObject({ code: "conflict" });
  await expect(store.put("a/b/c", contentOf("y"))).rejects.toMatchObject({ code: "conflict" });
  expect(await store.size("a")).toBeNull();
  expect(await store.size("a/b/c")).toBeNull();
  await store.remove("a");
  expect(await store.size("a/b")).toBe(1);
  await cleanup();
});

test("removing the last blob of a folder removes the folder", async () => {
  const { root, store, cleanup } = await setup();
  await store.put("a/b/c", contentOf("x"));
  await store.put("a/d", contentOf("x"));
  await store.remove("a/b/c");
  expect(await readdir(join(root, "a"))).toEqual(["d"]);
  await store.remove("a/d");
  expect((await readdir(root)).filter((name) => name !== "~new")).toEqual([]);
  await cleanup();
});

test("what a dead server left half-written is removed, what one is writing is not", async () => {
  const { root, cleanup } = await setup();
  await writeFile(join(root, "~new/old"), "x");
  await utimes(join(root, "~new/old"), new Date(0), new Date(0));
  await writeFile(join(root, "~new/young"), "x");
  const again = new FolderBlobStore(root);
  expect(await readdir(join(root, "~new"))).toEqual(["young"]);
  expect(await again.list("", null, 10)).toEqual([]);
  await cleanup();
});

test("only the owner can read what is stored", async () => {
  const { root, store, cleanup } = await setup();
  await store.put("a/b", contentOf("x"));
  expect((await stat(join(root, "a"))).mode & 0o077).toBe(0);
  expect((await stat(join(root, "a/b"))).mode & 0o077).toBe(0);
  await cleanup();
});
