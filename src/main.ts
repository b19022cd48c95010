import { startErrorLine } from "./main/lineError.ts";
import { processIo } from "./main/processIo.ts";
import { rolesOf } from "./main/roles.ts";

/** Picks the role by the first word; everything that is not a role is the command line's. */
async function main(words: readonly string[]): Promise<number> {
  // Both change what a Bun binary does, for this process and whatever it starts.
  delete process.env["BUN_BE_BUN"];
  delete process.env["BUN_OPTIONS"];
  const [first = "", ...rest] = words;
  const role = rolesOf(first);
  if (role !== null) return role(rest);
  const { runCli } = await import("./cli/cli.ts");
  return runCli(words, {
    ...processIo(),
    loadSimulator: async () => (await import("./sim/jobRun/simulateJob.ts")).simulateJob,
    loadJobRules: async () => (await import("./main/jobRules.ts")).JOB_RULES,
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const line = startErrorLine(error);
  process.stderr.write(
    line === null ? `stint: ${(error as Error).stack ?? error}\n` : `stint: ${line}\n`,
  );
  process.exitCode = 1;
}
process.exit();
