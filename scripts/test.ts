// `npm test` and, with --quick, `npm run check`. Runs every step, also after a failed one, and prints the totals
// of all steps as the very last line: `N passed, N failed`.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

interface Outcome {
  readonly exitCode: number;
  readonly output: string;
}

const root = join(import.meta.dir, "..");
const isQuick = process.argv.includes("--quick");
const seeds = isQuick ? "1..50" : "1..200";
const reports = mkdtempSync(join(tmpdir(), "stint-test-"));

const MINUTE_MS = 60_000;
// A step past its limit hangs; its processes are killed and it counts as failed.
const STEP_LIMIT_MS = 5 * MINUTE_MS;
const BLACKBOX_LIMIT_MS = 30 * MINUTE_MS;
// A test that hangs ends; none fails because its machine is busy.
const TEST_TIMEOUT_MS = 2 * MINUTE_MS;

const PASSED: Counts = { passed: 1, failed: 0 };
const FAILED: Counts = { passed: 0, failed: 1 };
const NOTHING: Counts = { passed: 0, failed: 0 };

let killRunning: (() => void) | undefined;

function exists(path: string): boolean {
  return existsSync(join(root, path));
}

/** Runs a command in a process group of its own, so that a timeout or Ctrl-C ends all that it started. */
async function run(command: string[], limitMs = STEP_LIMIT_MS, capture = false): Promise<Outcome> {
  const child = Bun.spawn(command, {
    cwd: root,
    detached: true,
    stdin: "ignore",
    stdout: capture ? "pipe" : "inherit",
    stderr: "inherit",
  });
  const killGroup = () => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // The group has ended by itself.
    }
  };
  killRunning = killGroup;
  const timer = setTimeout(() => {
    console.log(`Stopped: it took over ${limitMs / 1000} s.`);
    killGroup();
  }, limitMs);
  const output = child.stdout === undefined ? "" : await echo(child.stdout);
  const exitCode = await child.exited;
  clearTimeout(timer);
  killRunning = undefined;
  return { exitCode, output };
}

async function echo(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    process.stdout.write(chunk);
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

/** An exit code other than 0 is a failure, also where the report names none (a crash, an error between tests). */
function withExitCode(counts: Counts, exitCode: number): Counts {
  if (exitCode === 0 || counts.failed > 0) return counts;
  console.log(`Failed with exit code ${exitCode}, though no test was reported as failed.`);
  return { passed: counts.passed, failed: 1 };
}

function readReport(path: string): Counts | undefined {
  if (!existsSync(path)) return undefined;
  const suites = /<testsuites\b[^>]*>/.exec(readFileSync(path, "utf8"))?.[0];
  if (suites === undefined) return undefined;
  const count = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(suites)?.[1] ?? 0);
  const failed = count("failures") + count("errors");
  return { passed: count("tests") - failed - count("skipped"), failed };
}

async function bunTest(name: string, args: string[], limitMs?: number): Promise<Counts> {
  const report = join(reports, `${name}.xml`);
  const reporter = ["--reporter=junit", `--reporter-outfile=${report}`];
  const timeout = `--timeout=${TEST_TIMEOUT_MS}`;
  const command = [process.execPath, "test", timeout, ...args, ...reporter];
  const { exitCode } = await run(command, limitMs);
  const counts = readReport(report);
  if (counts !== undefined && counts.passed + counts.failed > 0) {
    return withExitCode(counts, exitCode);
  }
  console.log("Expected at least one test to run, and none did.");
  return FAILED;
}

async function single(command: string[]): Promise<Counts> {
  const { exitCode } = await run(command);
  return exitCode === 0 ? PASSED : FAILED;
}

function lint(): Promise<Counts> {
  const biome = join(root, "node_modules", "@biomejs", "biome", "bin", "biome");
  return single([
    process.execPath,
    biome,
    "ci",
    `--colors=${process.stdout.isTTY ? "force" : "off"}`,
    ".",
  ]);
}

async function types(): Promise<Counts> {
  // The console is for browsers and has the DOM's types; nothing else may see them.
  const projects = ["tsconfig.json", "src/console/tsconfig.json"].filter(exists);
  let result = PASSED;
  for (const project of projects) {
    // Without --no-script Bun would run the package's own "check" script, which is this one.
    const counts = await single([process.execPath, "check", "--no-script", "-p", project]);
    if (counts.failed > 0) result = FAILED;
  }
  return result;
}

function unit(): Promise<Counts> {
  const folders = ["src", "test/vectors", "test/tidy.test.ts"]
    .filter(exists)
    .map((path) => `./${path}`);
  return bunTest("unit", ["--parallel", "--isolate", "--only-failures", ...folders]);
}

async function simulation(): Promise<Counts> {
  if (!exists("src/sim")) return NOTHING;
  const command = [process.execPath, "src/sim/main.ts", "--seeds", seeds];
  const { exitCode, output } = await run(command, STEP_LIMIT_MS, true);
  const total = /^(\d+) passed, (\d+) failed$/.exec(output.trimEnd().split("\n").at(-1) ?? "");
  const counts = { passed: Number(total?.[1] ?? 0), failed: Number(total?.[2] ?? 0) };
  if (counts.passed + counts.failed > 0) return withExitCode(counts, exitCode);
  console.log("Expected `N passed, N failed` with at least one seed as the last line.");
  return FAILED;
}

async function build(): Promise<Counts> {
  if (!exists("src/main.ts") && !exists("test/blackbox")) return NOTHING;
  return await single([process.execPath, "scripts/build.ts"]);
}

async function blackbox(): Promise<Counts> {
  if (!exists("test/blackbox")) return NOTHING;
  if (!exists("dist/stint")) {
    console.log("Not run: there is no dist/stint.");
    return FAILED;
  }
  return await bunTest("blackbox", ["./test/blackbox"], BLACKBOX_LIMIT_MS);
}

const quickSteps: [string, () => Promise<Counts>][] = [
  ["format and lint", lint],
  ["types", types],
  ["unit, property and tidy tests", unit],
  [`simulation, seeds ${seeds}`, simulation],
];
const steps = isQuick
  ? quickSteps
  : [...quickSteps, ["build", build] as const, ["black-box tests", blackbox] as const];

function cleanUp(): void {
  killRunning?.();
  rmSync(reports, { recursive: true, force: true });
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    cleanUp();
    process.exit(130);
  });
}

let passed = 0;
let failed = 0;
let isBuildBroken = false;
for (const [name, step] of steps) {
  const startMs = performance.now();
  console.log(`\n== ${name}`);
  if (step === blackbox && isBuildBroken)
    console.log("The build failed: an older one is not tested.");
  const counts = step === blackbox && isBuildBroken ? FAILED : await step();
  if (step === build && counts.failed > 0) isBuildBroken = true;
  passed += counts.passed;
  failed += counts.failed;
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  const result =
    counts === NOTHING ? "nothing there yet" : `${counts.passed} passed, ${counts.failed} failed`;
  console.log(`== ${name}: ${result}, ${seconds} s`);
}
cleanUp();
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
