import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { jobFilePage } from "./page.ts";

test("docs/job-file.md says what the table of blocks and attributes says", () => {
  const page = readFileSync(join(import.meta.dir, "../../../docs/job-file.md"), "utf8");
  const fix = "run `node scripts/bun.mjs scripts/jobFilePage.ts`";
  expect(page, fix).toBe(jobFilePage());
});
