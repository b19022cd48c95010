import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { containerMounts } from "../../allocation/layout.ts";
import type { ProcessExit, ProcessKey } from "../../core/contract.ts";
import { until } from "../../fixtures/until.ts";
import { detectGroupLayout } from "../../platform/groupLayout.ts";
import { type Groups, openGroups } from "../../platform/groups.ts";
import { kernelBootId } from "../../platform/processIdentity.ts";
import { newTreeKeeper } from "../../platform/tree.ts";
import type { UserRules } from "../../platform/users.ts";
import { openShims, type Shims } from "../../shim/shims.ts";
import type { DriverConfig } from "../config.ts";
import type { Driver, MemberStart, StartFailure } from "../driver.ts";
import { isStartFailure } from "../driver.ts";
import type { ExecRootOptions } from "../execRoot.ts";
import type { ProcessParts } from "../processDriver.ts";
import { spawnRequest } from "../spawnRequest.ts";

/** What a driver is made of in the suite. */
export interface ConformanceParts extends ProcessParts {
  readonly dataDirectory: string;
  readonly execRoot: ExecRootOptions;
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

/** A test of the suite, named by what a driver does. */
export type ConformanceTest = (bench: Bench, subject: ConformanceSubject) => Promise<void>;

const ignore = () => undefined;
const ENTRY = join(import.meta.dir, "..", "..", "fixtures", "entry.ts");
/** How tests start what stands for the executable. */
export const SELF_COMMAND = [process.execPath, ENTRY];
export const TIMEOUT_MS = 60_000;

export interface BenchOptions {
  /** In which the node's directory is made. */
  readonly parent?: string;
  /** Of members without a user; default: the agent's. */
  readonly uid?: number;
  /** Other than the bench's own. */
  readonly users?: Partial<UserRules>;
  /** What members of the driver exec see beyond what all do. */
  readonly shown?: readonly string[];
}

/** A node as far as drivers need one: shim, groups, trees and directories of its own. */
export class Bench implements AsyncDisposable {
  readonly base: string;
  readonly groups: Groups = openGroups(
    detectGroupLayout(),
    `stint-driver-${process.pid}-${Math.trunc(performance.now())}`,
  );
  readonly started = new Map<ProcessKey, number>();
  readonly failed = new Map<ProcessKey, string>();
  readonly exits = new Map<ProcessKey, ProcessExit>();
  readonly bootId = kernelBootId();
  readonly #subject: ConformanceSubject;
  readonly #options: BenchOptions;
  driver: Driver;
  #shims: Shims | null = null;
  #nextKey = 2 ** 50;

  constructor(subject: ConformanceSubject, options: BenchOptions = {}) {
    this.#subject = subject;
    this.#options = options;
    this.base = mkdtempSync(join(options.parent ?? tmpdir(), "stint-driver-"));
    chmodSync(this.base, 0o755);
    this.driver = this.#newDriver();
  }

  #newDriver(): Driver {
    const { uid = null } = this.#options;
    const accounts = uid === null ? null : { firstUid: uid, count: 1 };
    return this.#subject.make({
      rootDirectory: this.base,
      groups: this.groups,
      trees: newTreeKeeper(this.groups, this.base, this.bootId),
      users: {
        allowed: { admin: false, accounts, named: [] },
        accounts: { uidOf: () => uid, release: () => undefined },
        ownUid: process.getuid?.() ?? 0,
        passwd: () => "",
        groupsOf: () => Promise.reject(new Error("no user of this bench has groups")),
        ...this.#options.users,
      },
      bootId: this.bootId,
      dataDirectory: join(this.base, "data"),
      execRoot: {
        place: join(this.base, "data", "root"),
        records: join(this.base, "data", "roots"),
        wish: "auto",
        shown: this.#options.shown ?? [],
        hidden: [join(this.base, "data"), this.base],
        selfCommand: SELF_COMMAND,
      },
      selfCommand: SELF_COMMAND,
    });
  }

  async open(): Promise<Shims> {
    mkdirSync(join(this.base, "shims"), { recursive: true });
    this.#shims ??= await openShims(
      {
        directory: join(this.base, "shims"),
        version: "1",
        bootId: this.bootId,
        selfCommand: SELF_COMMAND,
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

  /** A member that runs the script has begun. */
  async startedShell(script: string, more: Partial<MemberStart> = {}): Promise<MemberStart> {
    const start = this.startOf(this.#subject.shell(script), more);
    const failure = await this.run(start);
    if (failure !== null) throw new Error(failure.message);
    return start;
  }

  startOf(config: DriverConfig, more: Partial<MemberStart> = {}): MemberStart {
    const key = this.#nextKey++;
    const member = join(this.base, "task", `member-${key - 2 ** 50}`);
    const alloc = join(this.base, "task", "alloc");
    const [local, secrets, tmp] = ["local", "secrets", "tmp"].map((name) => join(member, name));
    if (!local || !secrets || !tmp) throw new Error("expected three directories");
    const { uid } = this.#options;
    for (const path of [local, secrets, tmp, alloc, member]) {
      mkdirSync(path, { recursive: true });
      if (uid !== undefined) chownSync(path, uid, uid);
    }
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
    const failed = this.failed.get(start.key);
    if (failed !== undefined) return { message: failed, isRecoverable: false };
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
    await this.driver.adopt(() => new Set());
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
