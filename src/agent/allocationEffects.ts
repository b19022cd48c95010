import { CHECK_OUTPUT_MAX } from "../model/allocation.ts";
import type { CheckSpec } from "../model/group.ts";
import { interpolate, type Lookup } from "../model/interpolation/interpolate.ts";
import { makeAllocationDirectories } from "./allocation/directories.ts";
import { allocationDirectory, memberOutput } from "./allocation/layout.ts";
import { memberStart, scopeOf, specOf } from "./allocation/memberStart.ts";
import {
  type PrepareMemberParts,
  prepareMember,
  watchedParts,
} from "./allocation/prepareMember.ts";
import type {
  AgentInput,
  StartFailure as CoreFailure,
  GroupOrder,
  MemberEffect,
  MemberProcess,
  MemberSignal,
  Probe,
  ProcessKey,
} from "./core/contract.ts";
import {
  type Driver,
  isStartFailure,
  type MemberStart,
  type StartFailure,
  startFailureOf,
} from "./drivers/driver.ts";
import type { Drivers } from "./drivers/drivers.ts";
import { spawnRequest } from "./drivers/spawnRequest.ts";
import {
  type EnteredCommand,
  type EnterFailure,
  type EnterWish,
  enterFailureOf,
} from "./exec/enteredCommand.ts";
import type { MemberWork } from "./memberWork.ts";
import type { AgentLogger } from "./options.ts";
import { OutputRotator } from "./output/rotate.ts";
import type { GroupLimits, Groups } from "./platform/groups.ts";
import { Probes } from "./probes/probes.ts";
import type { SpawnGroups } from "./shim/message.ts";
import type { Shims } from "./shim/shims.ts";
import { renderTemplate, templatedEnvironment } from "./templates/memberTemplates.ts";
import { watchTemplates } from "./templates/watch.ts";

export interface AllocationEffectsParts extends Omit<PrepareMemberParts, "say"> {
  readonly drivers: Drivers;
  readonly shims: Shims;
  readonly groups: Groups;
  readonly bootId: string;
  /** Keys of everything that the node holds: tasks may have containers too. */
  readonly heldKeys: () => ReadonlySet<ProcessKey>;
  readonly logger: AgentLogger;
  readonly push: (input: AgentInput) => void;
}

/** A member that begins later than its process: it was asked to start, and its process has not ended. */
interface Beginning {
  readonly start: MemberStart;
  readonly driver: Driver;
  /** Aborted at the end of its process. */
  readonly over: AbortController;
  /** Resolves when its beginning was told, if it is to be; null: the process is not known to run. */
  told: Promise<void> | null;
}

const NO_OFFSETS = { stdout: 0, stderr: 0 } as const;
const STREAMS = ["stdout", "stderr"] as const;

/** Performs what the machine asks for groups. Keeps nothing that a later life could not find again. */
export class AllocationEffects implements MemberWork {
  readonly #parts: AllocationEffectsParts;
  readonly #preparations = new Map<ProcessKey, AbortController>();
  readonly #beginnings = new Map<ProcessKey, Beginning>();
  readonly #probes = new Probes();
  readonly #rotator: OutputRotator;
  /** By execution and member. */
  readonly #templates = new Map<string, { key: ProcessKey; abort: AbortController }>();

  constructor(parts: AllocationEffectsParts) {
    this.#parts = parts;
    this.#rotator = new OutputRotator(parts.logger);
  }

  perform(effect: MemberEffect): void {
    switch (effect.effect) {
      case "prepareAllocation":
        this.#prepare(effect.order.execution, () => this.#makeDirectories(effect.order));
        return;
      case "prepareMember":
        this.#prepare(effect.key, (signal) =>
          this.#prepareMember(effect, effect.isPrepared, signal),
        );
        return;
      case "startMember":
        this.#guard(effect, this.#start(effect));
        return;
      case "signalMember":
        this.#guard(effect, this.#signal(effect, effect.signal));
        return;
      case "collectMember":
        this.#guard(effect, this.#collect(effect));
        return;
      case "startProbe":
        this.#startProbe(effect);
        return;
      case "stopProbe":
        this.#probes.stop(`${effect.execution}.${effect.probe}`);
        return;
      case "watchTemplates":
        this.#guard(effect, this.#watchTemplates(effect));
        return;
      case "unwatchTemplates":
        this.#unwatchTemplates(`${effect.execution}.${effect.member}`);
        return;
      case "closeAllocation":
        this.#close(effect.order);
        return;
    }
  }

  cancelPrepare(key: ProcessKey): void {
    this.#preparations.get(key)?.abort();
  }

  adopt(processes: readonly MemberProcess[]): void {
    for (const process of processes) this.#watchOutput(process);
    const { drivers, heldKeys } = this.#parts;
    for (const driver of Object.values(drivers)) {
      driver.adopt(heldKeys).catch((error: unknown) => this.#complain(driver.name, error));
    }
  }

  onStarted(key: ProcessKey, tell: () => void): void {
    const beginning = this.#beginnings.get(key);
    if (beginning === undefined) {
      tell();
      return;
    }
    const { start, driver, over } = beginning;
    beginning.told = driver.begun(start, over.signal).then((hasBegun) => {
      if (hasBegun) tell();
    });
  }

  onExited(key: ProcessKey, tell: () => void): void {
    const beginning = this.#beginnings.get(key);
    this.#beginnings.delete(key);
    beginning?.over.abort();
    const told = beginning?.told ?? null;
    if (told === null) tell();
    else void told.finally(tell);
  }

  async enter(process: MemberProcess, wish: EnterWish): Promise<EnteredCommand | EnterFailure> {
    const start = this.#startOf(process);
    if (isStartFailure(start)) return enterFailureOf(start);
    const found = this.#parts.shims.processOf(process.key);
    return this.#driverOf(process).enter(start, found, wish);
  }

  close(): void {
    this.#probes.stopAll();
    this.#rotator.stop();
    for (const abort of this.#preparations.values()) abort.abort();
    for (const { over } of this.#beginnings.values()) over.abort();
    for (const { abort } of this.#templates.values()) abort.abort();
  }

  #driverOf(process: MemberProcess): Driver {
    return this.#parts.drivers[specOf(process).driver];
  }

  #complain(what: string, error: unknown): void {
    this.#parts.logger.error({ what, error: String(error) }, "Something for a member failed.");
  }

  /** For what answers by itself: an error is one that nobody has thought of. */
  #guard({ key }: MemberProcess, work: Promise<void>): void {
    work.catch((error: unknown) => this.#complain(`process ${key}`, error));
  }

  #prepare(key: ProcessKey, work: (signal: AbortSignal) => Promise<CoreFailure | null>): void {
    this.#preparations.get(key)?.abort();
    const abort = new AbortController();
    this.#preparations.set(key, abort);
    const answered = work(abort.signal).catch((error: unknown) => {
      this.#complain(`process ${key}`, error);
      return startFailureOf({
        message: `Preparing failed: ${String(error)}.`,
        isRecoverable: true,
      });
    });
    void answered.then((failure) => {
      if (this.#preparations.get(key) === abort) this.#preparations.delete(key);
      if (abort.signal.aborted) return;
      const outcome =
        failure === null
          ? ({ ok: true, offsets: NO_OFFSETS } as const)
          : ({ ok: false, ...failure } as const);
      this.#parts.push({ input: "prepared", execution: key, outcome });
    });
  }

  async #makeDirectories(order: GroupOrder): Promise<null> {
    await makeAllocationDirectories(this.#parts.surroundings.rootDirectory, order);
    return null;
  }

  #prepareMember(
    process: MemberProcess,
    isPrepared: boolean,
    signal: AbortSignal,
  ): Promise<CoreFailure | null> {
    const driver = this.#driverOf(process);
    return prepareMember(process, isPrepared, driver, this.#partsOf(process), signal);
  }

  #partsOf({ key }: MemberProcess): PrepareMemberParts {
    const { push } = this.#parts;
    return {
      ...this.#parts,
      say: (type, description) => push({ input: "memberEvent", key, type, description }),
    };
  }

  #startOf(process: MemberProcess): MemberStart | StartFailure {
    const { surroundings } = this.#parts;
    const template = watchedParts(process, this.#partsOf(process));
    const templated = templatedEnvironment(specOf(process).templates, template);
    if (isStartFailure(templated)) return templated;
    return memberStart(process, surroundings, templated as Record<string, string>);
  }

  async #start(process: MemberProcess): Promise<void> {
    const { shims, surroundings, bootId, push } = this.#parts;
    const { key, order } = process;
    const start = this.#startOf(process);
    const driver = this.#driverOf(process);
    const launch = isStartFailure(start) ? start : driver.command(start);
    if (isStartFailure(start) || isStartFailure(launch)) {
      const failure = launch as StartFailure;
      push({ input: "spawnFailed", execution: key, ...startFailureOf(failure, "Driver Failure") });
      return;
    }
    for (const note of launch.notes) {
      push({ input: "memberEvent", key, type: "Driver", description: note });
    }
    if (!driver.beginsAtOnce) {
      this.#beginnings.set(key, { start, driver, over: new AbortController(), told: null });
    }
    const [stdout, stderr] = this.#watchOutput(process);
    const { rootDirectory } = surroundings;
    const request = spawnRequest(start, launch, {
      bootId,
      rootDirectory,
      stdoutPath: stdout,
      stderrPath: stderr,
      createGroup: (limits) => this.#createGroup(key, limits),
    });
    shims.spawn({ ...request, env: { ...request.env, STINT_EXECUTION: String(order.execution) } });
  }

  #createGroup(key: ProcessKey, limits: GroupLimits | undefined): SpawnGroups | null {
    const { groups, logger } = this.#parts;
    try {
      return groups.create(key, limits);
    } catch (error) {
      logger.warn({ key, error: String(error) }, "No control group; it runs without limits.");
      groups.remove(key);
      return null;
    }
  }

  /** Where its process is to write; what it writes there is copied to the log files from now on. */
  #watchOutput(process: MemberProcess): readonly [string, string] {
    const { logs } = specOf(process);
    if (logs.disabled) return ["/dev/null", "/dev/null"];
    const outputs = this.#outputsOf(process);
    for (const output of outputs) this.#rotator.watch(output);
    return [outputs[0]?.spoolPath ?? "/dev/null", outputs[1]?.spoolPath ?? "/dev/null"];
  }

  #outputsOf(process: MemberProcess) {
    const { logs, name } = specOf(process);
    const { rootDirectory } = this.#parts.surroundings;
    const directory = allocationDirectory(rootDirectory, process.order);
    return STREAMS.map((stream) => memberOutput(directory, name, stream, logs));
  }

  async #signal(process: MemberProcess, signal: MemberSignal): Promise<void> {
    const start = this.#startOf(process);
    const found = this.#parts.shims.processOf(process.key);
    // Only its key is needed to find it, whatever has become of its templates.
    const target = isStartFailure(start) ? this.#bareStart(process) : start;
    const driver = this.#driverOf(process);
    switch (signal) {
      case "kill":
        return driver.kill(target, found);
      case "terminate":
        return driver.terminate(target, found, specOf(process).killSignal as NodeJS.Signals | null);
      default:
        return driver.signal(target, found, signal as NodeJS.Signals);
    }
  }

  async #collect(effect: Extract<MemberEffect, { effect: "collectMember" }>): Promise<void> {
    const { key, exit } = effect;
    const start = this.#startOf(effect);
    const target = isStartFailure(start) ? this.#bareStart(effect) : start;
    const found = this.#parts.shims.processOf(key);
    const end = await this.#driverOf(effect).cleanup(target, found, exit);
    if (!specOf(effect).logs.disabled) {
      for (const output of this.#outputsOf(effect)) this.#rotator.finish(output);
    }
    this.#parts.push({ input: "memberCollected", key, end });
  }

  /** A start as far as it is needed to end it. */
  #bareStart(process: MemberProcess): MemberStart {
    const start = memberStart(
      { ...process, order: { ...process.order } },
      { ...this.#parts.surroundings },
      {},
    );
    if (!isStartFailure(start)) return start;
    throw new Error(start.message);
  }

  #startProbe(effect: Probe): void {
    const { order, probe, check, address, process } = effect;
    const { push } = this.#parts;
    const { execution } = order;
    const lookup = process === null ? null : scopeOf(process, this.#parts.surroundings).lookup;
    const execute =
      process === null
        ? null
        : async (command: readonly string[], timeoutMs: number) => {
            const start = this.#startOf(process);
            if (isStartFailure(start)) return { state: "failed", message: start.message } as const;
            const found = this.#parts.shims.processOf(process.key);
            return this.#driverOf(process).execute(start, found, command, timeoutMs);
          };
    const target = {
      check: lookup === null ? check : filledCheck(check, lookup),
      address,
      execute,
    };
    this.#probes.start(`${execution}.${probe}`, target, (probed) => {
      const output = probed.output.slice(0, CHECK_OUTPUT_MAX);
      push({ input: "probed", execution, probe, ...probed, output });
    });
  }

  async #watchTemplates(process: MemberProcess): Promise<void> {
    const { order, member, key } = process;
    const { execution } = order;
    const name = `${execution}.${member}`;
    if (this.#templates.get(name)?.key === key) return;
    this.#unwatchTemplates(name);
    const abort = new AbortController();
    this.#templates.set(name, { key, abort });
    const parts = watchedParts(process, this.#partsOf(process));
    const rendered = [];
    for (const spec of specOf(process).templates) {
      const one = await renderTemplate(spec, parts, abort.signal, () => undefined);
      if (!("isRecoverable" in one)) rendered.push(one);
    }
    await watchTemplates(rendered, parts, abort.signal, (action) =>
      this.#parts.push({ input: "templateChanged", execution, member, action }),
    );
  }

  #unwatchTemplates(name: string): void {
    this.#templates.get(name)?.abort.abort();
    this.#templates.delete(name);
  }

  #close({ execution, allocation }: GroupOrder): void {
    for (const { name } of allocation.group.members) this.#unwatchTemplates(`${execution}.${name}`);
    this.#probes.stopAll(`${execution}.`);
  }
}

function filledCheck(check: CheckSpec, lookup: Lookup): CheckSpec {
  const fill = (text: string) => interpolate(text, lookup);
  const header = Object.entries(check.header).map(([name, values]) => [name, values.map(fill)]);
  return {
    ...check,
    path: fill(check.path),
    body: fill(check.body),
    command: fill(check.command),
    args: check.args.map(fill),
    header: Object.fromEntries(header),
  };
}
