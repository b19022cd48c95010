import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Bench, ConformanceSubject, ConformanceTest } from "./bench.ts";

/** How members start, and what cannot. */
export const STARTS: Readonly<Record<string, ConformanceTest>> = {
  "is detected": isDetected,
  "a member's output goes to its files, and its exit code is told": tellsOutputAndExit,
  "a long output arrives whole": tellsLongOutput,
  "a member has the environment that it was given, and its directories": givesEnvironment,
  "work_dir is where a member begins": beginsInWorkDir,
  "a missing program cannot be started, and trying again is of no use": refusesMissingProgram,
  "a configuration that does not fit is refused": refusesWrongConfiguration,
};

async function isDetected(bench: Bench): Promise<void> {
  const { facts, attributes } = await bench.driver.fingerprint();
  expect(facts).toMatchObject({ detected: true, healthy: true });
  expect(attributes[`driver.${bench.driver.name}`]).toBe("1");
}

async function tellsOutputAndExit(bench: Bench): Promise<void> {
  const start = await bench.startedShell("echo out; echo err >&2; exit 7");
  expect(await bench.end(start)).toMatchObject({ exitCode: 7, isOutOfMemory: false });
  expect(bench.read(start, "stdout")).toBe("out\n");
  expect(bench.read(start, "stderr")).toBe("err\n");
}

async function tellsLongOutput(bench: Bench): Promise<void> {
  const start = await bench.startedShell(
    "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done",
  );
  expect(await bench.end(start)).toMatchObject({ exitCode: 0 });
  const lines = bench.read(start, "stdout").trimEnd().split("\n");
  expect([lines.length, lines.at(-1)]).toEqual([20_000, "line 19999"]);
}

async function givesEnvironment(bench: Bench, subject: ConformanceSubject): Promise<void> {
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin", WORD: "two words" };
  const start = bench.startOf(subject.shell("true"), { env });
  const config = subject.shell(`echo "$WORD"; echo x > ${subject.local(start)}/made`);
  expect(await bench.run({ ...start, config })).toBeNull();
  expect(await bench.end(start)).toMatchObject({ exitCode: 0 });
  expect(bench.read(start, "stdout")).toBe("two words\n");
  expect(readFileSync(join(start.directories.local, "made"), "utf8")).toBe("x\n");
}

async function beginsInWorkDir(bench: Bench, subject: ConformanceSubject): Promise<void> {
  const config = { ...subject.shell("pwd"), ...subject.workDir.config };
  const start = bench.startOf(config);
  expect(await bench.run(start)).toBeNull();
  await bench.end(start);
  expect(bench.read(start, "stdout").trim()).toBe(subject.workDir.pwd(start));
}

async function refusesMissingProgram(bench: Bench, subject: ConformanceSubject): Promise<void> {
  const start = bench.startOf(subject.missingProgram);
  expect(await bench.run(start)).toMatchObject({ isRecoverable: false });
}

async function refusesWrongConfiguration(bench: Bench, subject: ConformanceSubject): Promise<void> {
  for (const config of subject.wrong) {
    const start = bench.startOf(config);
    const failure = await bench.run(start);
    expect([config, failure]).toEqual([config, expect.objectContaining({ isRecoverable: false })]);
  }
}
