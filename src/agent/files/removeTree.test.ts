import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emptyDirectory, removeTree } from "./removeTree.ts";

let base = "";
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "stint-remove-"));
});
afterEach(() => rmSync(base, { recursive: true }));

test("a tree goes, and what its links lead to stays", async () => {
  mkdirSync(join(base, "kept"));
  writeFileSync(join(base, "kept/file"), "");
  mkdirSync(join(base, "tree/a/b"), { recursive: true });
  writeFileSync(join(base, "tree/a/b/file"), "");
  symlinkSync(join(base, "kept"), join(base, "tree/link"));
  await removeTree(join(base, "tree"));
  expect(existsSync(join(base, "tree"))).toBe(false);
  expect(readdirSync(join(base, "kept"))).toEqual(["file"]);
});

test("what is not there is gone already", async () => {
  await removeTree(join(base, "none"));
  await removeTree(join(base, "none/below"));
});

test("a link in place of the tree is removed itself", async () => {
  mkdirSync(join(base, "kept"));
  writeFileSync(join(base, "kept/file"), "");
  symlinkSync(join(base, "kept"), join(base, "link"));
  await removeTree(join(base, "link"));
  expect(readdirSync(base)).toEqual(["kept"]);
  expect(readdirSync(join(base, "kept"))).toEqual(["file"]);
});

test("an emptied directory stays itself", async () => {
  writeFileSync(join(base, ".hidden"), "");
  mkdirSync(join(base, "a"));
  await emptyDirectory(base);
  expect(readdirSync(base)).toEqual([]);
});

test("a directory that is swapped for a link meanwhile does not lead the removal outside", async () => {
  const kept = join(base, "kept");
  mkdirSync(kept);
  for (let number = 0; number < 50; number += 1) writeFileSync(join(kept, `f${number}`), "");
  for (let round = 0; round < 5; round += 1) {
    const victim = join(base, "tree/victim");
    mkdirSync(victim, { recursive: true });
    // Enough entries that the removal gives others their turn.
    for (let number = 0; number < 300; number += 1) writeFileSync(join(victim, `f${number}`), "");
    const removing = removeTree(join(base, "tree")).catch(() => undefined);
    renameSync(victim, join(base, "away"));
    symlinkSync(kept, victim);
    await removing;
    rmSync(join(base, "away"), { recursive: true, force: true });
    rmSync(join(base, "tree"), { recursive: true, force: true });
  }
  expect(readdirSync(kept)).toHaveLength(50);
});

test("directories that were closed to everybody go as well", async () => {
  mkdirSync(join(base, "tree/a/b"), { recursive: true });
  writeFileSync(join(base, "tree/a/b/file"), "");
  for (const closed of ["tree/a/b", "tree/a", "tree"]) chmodSync(join(base, closed), 0o000);
  await removeTree(join(base, "tree"));
  expect(existsSync(join(base, "tree"))).toBe(false);
});
