import { expect, test } from "bun:test";
import { copyFileSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { EXECUTABLE, useSandbox } from "./harness/sandbox.ts";
import { until } from "./harness/until.ts";

const sandbox = useSandbox();

const TASK_IDS = Array.from({ length: 8 }, (_, index) => `task00${index + 1}`);

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? "");
}

test("the demo prints the sample's lines and succeeds", async () => {
  const { stdout, stderr, exitCode } = await sandbox.run(["demo"], { cwd: sandbox.folder() });
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  const nodes = matches(stdout, /^Contents of shared\/job_prep_and_release\.txt on (\S+):$/gm);
  expect(nodes).toHaveLength(2);
  expect(matches(stdout, /^(\S+) tasks:$/gm)).toEqual(nodes);
  expect(matches(stdout, /^ {2}(task\d+)$/gm).sort()).toEqual(TASK_IDS);
  expect(matches(stdout, /^ {2}Prep task exit code: +(\S+)$/gm)).toEqual(["0", "0"]);
  expect(matches(stdout, /^ {2}Release task exit code: +(\S+)$/gm)).toEqual(["0", "0"]);
  const steps = [
    "Attempting to create pool: JobPrepReleaseSamplePool",
    "Created pool JobPrepReleaseSamplePool with 2 nodes",
    "Checking for existing job JobPrepReleaseSampleJob...",
    "Job JobPrepReleaseSampleJob not found, creating...",
    "Submitting tasks and awaiting completion...",
    "All tasks completed.",
    "Waiting for job JobPrepReleaseSampleJob to reach state Completed",
    "The release tasks have deleted shared/job_prep_and_release.txt on every node.",
    "Deleted job and pool.",
    "Sample complete.",
  ];
  const lines = stdout.split("\n");
  expect(lines.filter((line) => steps.includes(line))).toEqual(steps);
  expect(stdout).toMatch(/^8 tasks, submission to last completion: \d+ ms$/m);
  expect(stdout).toMatch(/^Start latency .*: first \d+ ms, median \d+ ms$/m);
  expectFleetRun(stdout, nodes);
  expect(sandbox.processes()).toEqual([]);
});

const TIME = String.raw`\d{4}/\d\d/\d\d \d\d:\d\d:\d\d`;

function expectFleetRun(stdout: string, nodes: readonly string[]): void {
  const [, fleet = ""] = stdout.split(
    "\nbumbee, an operator, writes diskusage.sh for both nodes:\n",
  );
  expect(matches(fleet, /^(\w+)\$ stint (?:task|approval|taskinstance) \w+ /gm)).toEqual([
    ...["bumbee", "bumbee", "bumbee", "oprim", "bumbee", "bumbee"],
  ]);
  for (const node of nodes) {
    const row = `| ${node} | 1       | Complete | TIME | TIME | Success | 0       |\n`;
    expect(fleet.replaceAll(new RegExp(TIME, "g"), "TIME")).toContain(row);
  }
  const [first = ""] = [...nodes].sort();
  const view = fleet.slice(fleet.indexOf("| FIELD "));
  const rows = matches(view, /^\| ([A-Z ]+?) +\|/gm);
  expect(rows).toEqual([
    ...["FIELD", "TASK INSTANCE NO", "TASK ID", "NODE ID", "EXEC NO", "STATUS"],
    ...["START AT", "END AT", "CREATED BY", "RESULT", "EXIT CD"],
  ]);
  expect(view).toMatch(/^\| CREATED BY +\| bumbee\(user\) +\|$/m);
  const streams = `[STDERR]\nNo content.\n\n[STDOUT]\ndiskusage #1 on ${first}: $(hostname); date\n`;
  expect(view).toContain(`-+\n\n${streams}`);
}

test("the demo needs nothing but the executable", async () => {
  const folder = sandbox.folder("bare");
  const executable = join(folder, "stint");
  copyFileSync(EXECUTABLE, executable);
  const { exitCode, stderr } = await sandbox.run(["demo"], { cwd: folder, executable });
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
});

test("the demo fails when something differs from what it should be", async () => {
  const folder = sandbox.folder("tampered");
  const demo = sandbox.run(["demo"], { cwd: folder, env: { TMPDIR: folder } });
  const isOver = demo.then(() => true);
  // What the tasks write on the nodes goes nowhere, so that it cannot be read back.
  const glob = new Bun.Glob("stint-demo-*/nodes/*/root/shared");
  const planted = new Set<string>();
  while (planted.size < 2 && !(await Promise.race([isOver, Bun.sleep(1)]))) {
    for (const shared of glob.scanSync({ cwd: folder, onlyFiles: false })) {
      if (planted.has(shared)) continue;
      symlinkSync("/dev/null", join(folder, shared, "job_prep_and_release.txt"));
      planted.add(shared);
    }
  }
  const { exitCode, stderr, stdout } = await demo;
  expect(stderr).not.toBe("");
  expect(stdout).not.toContain("Sample complete.");
  expect(exitCode).toBe(1);
  expect(sandbox.processes()).toEqual([]);
});

test("Ctrl-C in the demo leaves neither processes nor folders", async () => {
  const folder = sandbox.folder("interrupted");
  const demo = sandbox.spawn(["demo"], { cwd: folder, env: { TMPDIR: folder } });
  const agents = () =>
    sandbox.processes(folder).filter(({ words }) => words.includes("local-node"));
  await until("an agent to run", agents, (found) => found.length > 0);
  demo.kill("SIGINT");
  expect(await demo.exited).toBe(130);
  expect(sandbox.processes(folder)).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

test("the demo tells what it does when asked, and does not do it", async () => {
  const { stdout, exitCode } = await sandbox.run(["demo", "--help"], { cwd: sandbox.folder() });
  expect([exitCode, stdout.startsWith("usage: stint demo\n")]).toEqual([0, true]);
  const wrong = await sandbox.run(["demo", "--bogus"], { cwd: sandbox.folder() });
  expect(wrong.exitCode).toBe(1);
});
