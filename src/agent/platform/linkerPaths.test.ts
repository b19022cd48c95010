import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { libraryDirectories, preloadedFiles } from "./linkerPaths.ts";

test("what the linker's files name is known, and what they include", () => {
  const etc = mkdtempSync(join(tmpdir(), "stint-linker-"));
  expect([preloadedFiles(etc), libraryDirectories(etc)]).toEqual([[], []]);
  writeFileSync(
    join(etc, "ld.so.preload"),
    "# ours\n/opt/a.so:/opt/b.so c.so\n  /opt/d.so # last\n",
  );
  mkdirSync(join(etc, "more"));
  writeFileSync(
    join(etc, "ld.so.conf"),
    "include more/*.conf\n/srv/lib=libc6\ninclude ld.so.conf\n",
  );
  writeFileSync(join(etc, "more", "one.conf"), "/opt/lib\n# /not/this\n");
  expect(preloadedFiles(etc)).toEqual(["/opt/a.so", "/opt/b.so", "/opt/d.so"]);
  expect(libraryDirectories(etc)).toEqual(["/opt/lib", "/srv/lib"]);
  rmSync(etc, { recursive: true });
});
