import type { MemberProcess, Probe, ProcessKey } from "../../agent/core/contract.ts";
import type { MemberSpec } from "../../model/group.ts";
import type { RunNode } from "./node.ts";

/** What a batch member and a hook take where nothing is said. */
const BATCH_MS = 60_000;
const HOOK_MS = 1_000;
const STOP_MS = 200;
const SIGTERM = 15;
const SIGKILL = 9;

interface Running {
  readonly process: MemberProcess;
  readonly spec: MemberSpec;
  readonly startedAt: number;
  isSick: boolean;
}

interface Probed {
  readonly probe: Probe;
  readonly beganAt: number;
}

/** The processes of members on a machine, how they fail, and the probes of their checks. */
export class Members {
  readonly #node: RunNode;
  readonly #running = new Map<ProcessKey, Running>();
  readonly #probes = new Map<string, Probed>();
  #pids = 0;
  #sick = 0;

  constructor(node: RunNode) {
    this.#node = node;
  }

  /** Whether no check fails now. */
  get isCalm(): boolean {
    return this.#sick === 0;
  }

  start(process: MemberProcess): void {
    const { run, bootId } = this.#node;
    const { key } = process;
    if (run.random.chance(run.plan.startChance)) {
      const failure = {
        category: "usererror",
        code: "CommandProgramNotFound",
        message: "simulated: the start failed",
      } as const;
      this.#node.give({ input: "spawnFailed", execution: key, failure, recoverable: true });
      return;
    }
    const spec = specOf(process);
    const startedAt = run.now;
    this.#pids += 1;
    this.#running.set(key, { process, spec, startedAt, isSick: false });
    const identity = { bootId, pid: this.#pids, startTicks: startedAt };
    run.uptime.started(process);
    this.#planEnd(process, spec);
    this.#planSickness(key, spec);
    this.#node.give({ input: "spawned", execution: key, process: identity, startedAt });
  }

  #planEnd(process: MemberProcess, spec: MemberSpec): void {
    const { run } = this.#node;
    const { key } = process;
    const { lifecycle } = spec;
    const { jobType } = process.order.allocation;
    const isBrief = lifecycle !== null && !lifecycle.sidecar;
    const isBatch = lifecycle === null && (jobType === "batch" || jobType === "sysbatch");
    if (isBrief) this.#node.after(HOOK_MS, () => this.#exit(key, 0));
    else if (isBatch) this.#node.after(BATCH_MS, () => this.#exit(key, 0));
    for (const failure of run.plan.processes) {
      if (isBrief || (failure.member !== null && failure.member !== spec.name)) continue;
      const afterMs = failure.afterMs ?? run.random.exponential(1 / failure.ratePerMs);
      if (afterMs < run.leftMs) this.#node.after(afterMs, () => this.#exit(key, failure.exitCode));
    }
  }

  #planSickness(key: ProcessKey, spec: MemberSpec): void {
    const { run } = this.#node;
    if (spec.lifecycle !== null) return;
    for (const { ratePerMs, lengthMs } of run.plan.checks) {
      const afterMs = run.random.exponential(1 / ratePerMs);
      if (afterMs >= run.leftMs) continue;
      this.#node.after(afterMs, () => this.#setSick(key, true));
      this.#node.after(afterMs + lengthMs, () => this.#setSick(key, false));
    }
  }

  #setSick(key: ProcessKey, isSick: boolean): void {
    const running = this.#running.get(key);
    if (running === undefined || running.isSick === isSick) return;
    running.isSick = isSick;
    this.#sick += isSick ? 1 : -1;
    for (const [id, { probe, beganAt }] of this.#probes) {
      if (probe.process !== null && probe.process.key !== key) continue;
      if (probe.order.execution !== running.process.order.execution) continue;
      this.#answerProbe(id, beganAt);
    }
  }

  #exit(key: ProcessKey, exitCode: number): void {
    this.#end(key, { state: "exited", exitCode });
  }

  signal(key: ProcessKey, isKill: boolean): void {
    const signal = isKill ? SIGKILL : SIGTERM;
    this.#node.after(STOP_MS, () => this.#end(key, { state: "signaled", signal }));
  }

  #end(
    key: ProcessKey,
    outcome:
      | { readonly state: "exited"; readonly exitCode: number }
      | { readonly state: "signaled"; readonly signal: number },
  ): void {
    const running = this.#running.get(key);
    if (running === undefined) return;
    this.#forget(key, running);
    const { now } = this.#node.run;
    const durationMs = now - running.startedAt;
    const exit = { outcome, endedAt: now, durationMs, peakMemoryBytes: null, cpuMs: null };
    this.#node.give({ input: "exited", execution: key, exit });
  }

  #forget(key: ProcessKey, { process, isSick }: Running): void {
    this.#running.delete(key);
    if (isSick) this.#sick -= 1;
    this.#node.run.uptime.ended(process);
  }

  powerOff(): void {
    for (const [key, running] of [...this.#running]) this.#forget(key, running);
    this.#probes.clear();
  }

  probe(probe: Probe): void {
    const id = `${probe.order.execution}/${probe.probe}`;
    const beganAt = this.#node.run.now;
    this.#probes.set(id, { probe, beganAt });
    this.#answerProbe(id, beganAt);
  }

  /** The next probe that tells of a change; those that say the same again change nothing. */
  #answerProbe(id: string, beganAt: number): void {
    const probed = this.#probes.get(id);
    if (probed === undefined) return;
    const { check } = probed.probe;
    const { now } = this.#node.run;
    const firstAt = beganAt + check.intervalMs / 2;
    const passed = Math.max(0, Math.ceil((now - firstAt) / check.intervalMs));
    const inARow = this.#isSick(probed.probe)
      ? check.failuresBeforeCritical
      : check.successBeforePassing;
    const at = firstAt + (passed + Math.max(0, inARow)) * check.intervalMs;
    this.#node.after(Math.max(0, at - now), () => this.#say(id));
  }

  #say(id: string): void {
    const probed = this.#probes.get(id);
    if (probed === undefined) return;
    const { order, probe } = probed.probe;
    this.#node.give({
      input: "probed",
      execution: order.execution,
      probe,
      status: this.#isSick(probed.probe) ? "critical" : "passing",
      output: "",
      at: this.#node.run.now,
    });
  }

  #isSick({ order, process }: Probe): boolean {
    return [...this.#running].some(
      ([key, { isSick, process: its }]) =>
        isSick &&
        (process === null ? its.order.execution === order.execution : process.key === key),
    );
  }

  stopProbe(execution: number, probe: number): void {
    this.#probes.delete(`${execution}/${probe}`);
  }

  close(execution: number): void {
    for (const [id, { probe }] of this.#probes) {
      if (probe.order.execution === execution) this.#probes.delete(id);
    }
  }
}

function specOf({ order, member }: MemberProcess): MemberSpec {
  const spec = order.allocation.group.members.find(({ name }) => name === member);
  if (spec === undefined) throw new Error(`the group has no member ${member}`);
  return spec;
}
