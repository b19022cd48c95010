import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { containerMounts } from "../allocation/layout.ts";
import type { ProcessExit, ProcessKey } from "../core/contract.ts";
import { until } from "../fixtures/until.ts";
import { detectGroupLayout } from "../platform/groupLayout.ts";
import { type Groups, openGroups } from "../platform/groups.ts";
import { kernelBootId } from "../platform/processIdentity.ts";
import { newTreeKeeper } from "../platform/tree.ts";
import { openShims, type Shims } from "../shim/shims.ts";
import type { DriverConfig } from "./config.ts";
import type { Driver, MemberStart, StartFailure } from "./driver.ts";
import { isStartFailure } from "./driver.ts";
import type { ProcessParts } from "./processDriver.ts";
import { spawnRequest } from "./spawnRequest.ts";

/** What a driver is made of in the suite. */
export interface ConformanceParts extends ProcessParts {
  readonly dataDirectory: string;
  readonly selfCommand: readonly string[];
}

/** What of a driver the suite has to know. */
export interface ConformanceSubject {
  readonly make: (parts: ConformanceParts) => Driver;
  /** A configuration that runs the script by /bin/sh. */
  readonly shell: (script: string) => DriverConfig;
  readonly missingProgram: DriverConfig;
  /** Configurations that are refused before anything is tried. */
  readonly wrong: readonly DriverConfig[];
  /** Whether the memory limit is the member's bound. */
  readonly hasLimits: boolean;
  /** Where the member finds its directory `local`. */
  readonly local: (start: MemberStart) => string;
  /** What `pwd` says with the configuration of `shell` and this work_dir. */
  readonly workDir: { readonly config: DriverConfig; readonly pwd: (start: MemberStart) => string };
}

const ignore = () => undefined;
const MEBIBYTE = 1024 * 1024;
const TIMEOUT_MS = 60_000;

/** A node as far as drivers need one: shim, groups, trees and directories of its own. */
class Bench implements AsyncDisposable {
  readonly base = mkdtempSync(join(tmpdir(), "stint-driver-"));
  readonly groups: Groups = openGroups(
    detectGroupLayout(),
    `stint-driver-${process.pid}-${Math.trunc(performance.now())}`,
  );
  readonly started = new Map<ProcessKey, number>();
  readonly failed = new Map<ProcessKey, string>();
  readonly exits = new Map<ProcessKey, ProcessExit>();
  readonly bootId = kernelBootId();
  readonly #subject: ConformanceSubject;
  driver: Driver;
  #shims: Shims | null = null;
  #nextKey = 2 ** 50;

  constructor(subject: ConformanceSubject) {
    this.#subject = subject;
    chmodSync(this.base, 0o755);
    this.driver = this.#newDriver();
  }

  #newDriver(): Driver {
    return this.#subject.make({
      groups: this.groups,
      trees: newTreeKeeper(this.groups, this.base, this.bootId),
      users: {
        allowed: { admin: false, accounts: null, named: [] },
        accounts: { uidOf: () => null, release: () => undefined },
        ownUid: process.getuid?.() ?? 0,
        passwd: () => "",
      },
      bootId: this.bootId,
      dataDirectory: join(this.base, "data"),
      selfCommand: [process.execPath, join(import.meta.dir, "..", "fixtures", "entry.ts")],
    });
  }

  async open(): Promise<Shims> {
    mkdirSync(join(this.base, "shims"), { recursive: true });
    this.#shims ??= await openShims(
      {
        directory: join(this.base, "shims"),
        version: "1",
        bootId: this.bootId,
        selfCommand: [process.execPath, join(import.meta.dir, "..", "fixtures", "entry.ts")],
        logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
      },
      {
        onStarted: (key, _, startedAt) => this.started.set(key, startedAt),
        onFailed: (key, failure) => this.failed.set(key, failure.message),
        onExited: (key, exit) => this.exits.set(key, exit),
      },
    );
    return this.#shims;
  }

  /** The agent goes and another comes, which knows nothing but what is on the disk. */
  async restart(): Promise<Shims> {
    this.#shims?.close();
    this.#shims = null;
    this.driver = this.#newDriver();
    return this.open();
  }

  startOf(config: DriverConfig, more: Partial<MemberStart> = {}): MemberStart {
    const key = this.#nextKey++;
    const member = join(this.base, "task", `member-${key - 2 ** 50}`);
    const alloc = join(this.base, "task", "alloc");
    const [local, secrets, tmp] = ["local", "secrets", "tmp"].map((name) => join(member, name));
    if (!local || !secrets || !tmp) throw new Error("expected three directories");
    for (const path of [local, secrets, tmp, alloc]) mkdirSync(path, { recursive: true });
    return {
      key,
      driver: this.driver.name,
      config,
      user: null,
      account: "pool test",
      env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
      directories: { alloc, member, local, secrets, tmp },
      own: containerMounts({ alloc, member, local, secrets, tmp }),
      limits: {},
      ports: [],
      networkMode: "host",
      hostname: null,
      mounts: [],
      labels: {},
      ...more,
    };
  }

  /** As the agent would start it; a failure is one of any stage. */
  async run(start: MemberStart): Promise<StartFailure | null> {
    const shims = await this.open();
    const { signal } = new AbortController();
    const prepared = await this.driver.prepare(start, signal, ignore);
    if (prepared !== null) return prepared;
    const launch = this.driver.command(start);
    if (isStartFailure(launch)) return launch;
    const { base, bootId } = this;
    const request = spawnRequest(start, launch, {
      bootId,
      rootDirectory: base,
      stdoutPath: this.outputPath(start, "stdout"),
      stderrPath: this.outputPath(start, "stderr"),
      createGroup: (limits) => this.groups.create(start.key, limits),
    });
    shims.spawn(request);
    await until(() =>
      this.started.has(start.key) || this.failed.has(start.key) ? true : undefined,
    );
    const over = new AbortController();
    const ended = this.exitOf(start).then(() => over.abort());
    if (await this.driver.begun(start, over.signal)) {
      void ended.catch(ignore);
      return null;
    }
    await ended;
    const { end } = await this.#collect(start);
    if (end.end !== "failedToStart") throw new Error("expected a failure to start");
    return { message: end.failure.message, isRecoverable: end.recoverable ?? false };
  }

  outputPath({ key }: MemberStart, stream: "stdout" | "stderr"): string {
    return join(this.base, "task", `${key}.${stream}`);
  }

  read(start: MemberStart, stream: "stdout" | "stderr"): string {
    const path = this.outputPath(start, stream);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  async said(start: MemberStart, text: string): Promise<void> {
    await until(() => (this.read(start, "stdout").includes(text) ? true : undefined), TIMEOUT_MS);
  }

  exitOf({ key }: MemberStart): Promise<ProcessExit> {
    return until(() => this.exits.get(key), TIMEOUT_MS);
  }

  process({ key }: MemberStart) {
    return this.#shims?.processOf(key) ?? null;
  }

  /** The exit as people are told it. */
  async end(start: MemberStart) {
    const { end } = await this.#collect(start);
    if (end.end !== "exited") throw new Error(end.failure.message);
    const { outcome } = end.exit;
    return { ...end, exitCode: outcome.state === "exited" ? outcome.exitCode : null };
  }

  async #collect(start: MemberStart) {
    const exit = await this.exitOf(start);
    return { end: await this.driver.cleanup(start, this.process(start), exit) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.driver.adopt(new Set());
    for (const key of this.started.keys()) {
      if (!this.exits.has(key)) this.groups.killAll(key);
      this.#shims?.forget(key);
    }
    this.#shims?.retire();
    this.#shims?.close();
    this.groups.close();
    rmSync(this.base, { recursive: true, force: true });
  }
}

/** What every driver does alike. `subject` is made once, before the first test. */
export function testDriver(name: string, subjectOf: () => ConformanceSubject): void {
  describe(`driver ${name}`, () => {
    let subject: ConformanceSubject;
    let bench: Bench;
    beforeAll(() => {
      subject = subjectOf();
      bench = new Bench(subject);
    });
    afterAll(() => bench[Symbol.asyncDispose]());

    const started = async (script: string, more: Partial<MemberStart> = {}) => {
      const start = bench.startOf(subject.shell(script), more);
      expect(await bench.run(start)).toBeNull();
      return start;
    };

    test("is detected", async () => {
      const { facts, attributes } = await bench.driver.fingerprint();
      expect(facts).toMatchObject({ detected: true, healthy: true });
      expect(attributes[`driver.${bench.driver.name}`]).toBe("1");
    });

    test(
      "a member's output goes to its files, and its exit code is told",
      async () => {
        const start = await started("echo out; echo err >&2; exit 7");
        expect(await bench.end(start)).toMatchObject({ exitCode: 7, isOutOfMemory: false });
        expect(bench.read(start, "stdout")).toBe("out\n");
        expect(bench.read(start, "stderr")).toBe("err\n");
      },
      TIMEOUT_MS,
    );

    test(
      "a long output arrives whole",
      async () => {
        const start = await started(
          "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done",
        );
        expect(await bench.end(start)).toMatchObject({ exitCode: 0 });
        const lines = bench.read(start, "stdout").trimEnd().split("\n");
        expect([lines.length, lines.at(-1)]).toEqual([20_000, "line 19999"]);
      },
      TIMEOUT_MS,
    );

    test(
      "a member has the environment that it was given, and its directories",
      async () => {
        const env = { PATH: "/usr/local/bin:/usr/bin:/bin", WORD: "two words" };
        const start = bench.startOf(subject.shell("true"), { env });
        const config = subject.shell(`echo "$WORD"; echo x > ${subject.local(start)}/made`);
        expect(await bench.run({ ...start, config })).toBeNull();
        expect(await bench.end(start)).toMatchObject({ exitCode: 0 });
        expect(bench.read(start, "stdout")).toBe("two words\n");
        expect(readFileSync(join(start.directories.local, "made"), "utf8")).toBe("x\n");
      },
      TIMEOUT_MS,
    );

    test(
      "work_dir is where a member begins",
      async () => {
        const config = { ...subject.shell("pwd"), ...subject.workDir.config };
        const start = bench.startOf(config);
        expect(await bench.run(start)).toBeNull();
        await bench.end(start);
        expect(bench.read(start, "stdout").trim()).toBe(subject.workDir.pwd(start));
      },
      TIMEOUT_MS,
    );

    test(
      "a member that is asked to end may answer",
      async () => {
        const start = await started(
          "trap 'echo asked; exit 5' TERM; echo ready; while true; do sleep 0.05; done",
        );
        await bench.said(start, "ready");
        await bench.driver.terminate(start, bench.process(start), "SIGTERM");
        await bench.said(start, "asked");
        await bench.end(start);
      },
      TIMEOUT_MS,
    );

    test(
      "a kill leaves nothing that runs, whatever the member does with signals",
      async () => {
        const start = await started(
          "trap '' TERM INT; (trap '' TERM INT; while true; do sleep 0.05; done) & echo ready; while true; do sleep 0.05; done",
        );
        await bench.said(start, "ready");
        await bench.driver.kill(start, bench.process(start));
        const end = await bench.end(start);
        expect(end.exitCode).not.toBe(0);
        expect(bench.groups.members(start.key) ?? []).toEqual([]);
      },
      TIMEOUT_MS,
    );

    test(
      "a missing program cannot be started, and trying again is of no use",
      async () => {
        const start = bench.startOf(subject.missingProgram);
        expect(await bench.run(start)).toMatchObject({ isRecoverable: false });
      },
      TIMEOUT_MS,
    );

    test("a configuration that does not fit is refused", async () => {
      for (const config of subject.wrong) {
        const start = bench.startOf(config);
        const failure = await bench.run(start);
        expect([config, failure]).toEqual([
          config,
          expect.objectContaining({ isRecoverable: false }),
        ]);
      }
    });

    test(
      "a member that wants more memory than its limit is killed, where drivers limit",
      async () => {
        const limits = { memoryBytes: 160 * MEBIBYTE };
        const script = "head -c 500000000 /dev/zero | tail -n 1 > /dev/null; exit 3";
        const start = await started(script, { limits });
        const end = await bench.end(start);
        const canLimit = bench.groups.shortcomings.length === 0;
        expect(end.isOutOfMemory).toBe(subject.hasLimits && canLimit);
      },
      TIMEOUT_MS,
    );

    test(
      "a command is run beside a member, with its environment",
      async () => {
        const env = { PATH: "/usr/local/bin:/usr/bin:/bin", WORD: "inside" };
        const start = await started("echo ready; sleep 60", { env });
        await bench.said(start, "ready");
        const execute = (script: string, timeoutMs: number) =>
          bench.driver.execute(start, bench.process(start), ["/bin/sh", "-c", script], timeoutMs);
        expect(await execute("echo $WORD; exit 2", TIMEOUT_MS)).toEqual({
          state: "exited",
          exitCode: 2,
          output: "inside\n",
        });
        expect(await execute("sleep 60", 200)).toMatchObject({ state: "timedOut" });
        await bench.driver.kill(start, bench.process(start));
        await bench.end(start);
      },
      TIMEOUT_MS,
    );

    test(
      "a member runs on while no agent is there, and the next one has it in hand",
      async () => {
        const start = await started("echo ready; while true; do sleep 0.05; done");
        await bench.said(start, "ready");
        const before = bench.process(start);
        const shims = await bench.restart();
        await bench.driver.adopt(new Set([start.key]));
        expect(shims.memories.get(start.key)).toMatchObject({ memory: "running" });
        expect(bench.process(start)).toEqual(before);
        await bench.driver.kill(start, bench.process(start));
        expect((await bench.end(start)).exitCode).not.toBe(0);
      },
      TIMEOUT_MS,
    );

    test(
      "a member that ended while no agent was there is told with its exit code",
      async () => {
        const start = bench.startOf(subject.shell("true"));
        const flag = `${subject.local(start)}/go`;
        const config = subject.shell(
          `echo ready; while [ ! -e ${flag} ]; do sleep 0.05; done; exit 9`,
        );
        expect(await bench.run({ ...start, config })).toBeNull();
        await bench.said(start, "ready");
        const waiting = bench.restart();
        await Bun.write(join(start.directories.local, "go"), "");
        await waiting;
        const found = (await bench.open()).memories.get(start.key);
        if (found?.memory === "exited") bench.exits.set(start.key, found.exit);
        expect(await bench.end(start)).toMatchObject({ exitCode: 9 });
      },
      TIMEOUT_MS,
    );
  });
}
