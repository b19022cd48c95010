// Writes docs/job-file.md from the table of blocks and attributes by which job files are read.
import { join } from "node:path";
import { jobFilePage } from "../src/jobfile/schema/page.ts";

await Bun.write(join(import.meta.dir, "../docs/job-file.md"), jobFilePage());
