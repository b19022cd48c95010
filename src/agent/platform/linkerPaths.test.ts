import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { preloadedFiles } from "./linkerPaths.ts";

test("what the linker takes into every program is known", () => {
  const etc = mkdtempSync(join(tmpdir(), "stint-linker-"));
  expect(preloadedFiles(etc)).toEqual([]);
  writeFileSync(
    join(etc, "ld.so.preload"),
    "# ours\n/opt/a.so:/opt/b.so c.so\n  /opt/d.so # last\n",
  );
  expect(preloadedFiles(etc)).toEqual(["/opt/a.so", "/opt/b.so", "/opt/d.so"]);
  rmSync(etc, { recursive: true });
});
