import type { MemberProcess, ProcessExit } from "../../agent/core/contract.ts";
import { heldProcess } from "../../agent/core/held.ts";
import type { RestartPolicy } from "../../model/groupPolicy.ts";
import { nodeJobKey } from "../../model/nodeJob.ts";
import type { HeldExecution, StartOrder } from "../../model/order.ts";
import type { Machine } from "../machine.ts";
import type { SimProcess } from "../processes.ts";
import type { World } from "../world.ts";
import { type Ledger, memberKey, type Ordered } from "./ledger.ts";
import { demand } from "./violation.ts";

/** After the grace a process that was told to stop is gone; that much later it is a violation. */
const STOP_SLACK_MS = 5_000;
/** So long after a connection was settled, no process runs whose execution was let go. */
const SETTLE_SLACK_MS = 15_000;

/** What must hold of real processes, directories and journals on the machines. */
export class ProcessChecks {
  readonly #world: World;
  readonly #ledger: Ledger;
  /** When a machine lost its journal, in true time. */
  readonly #journalLostAt = new Map<Machine, number>();

  constructor(world: World, ledger: Ledger) {
    this.#world = world;
    this.#ledger = ledger;
  }

  started(machine: Machine, process: SimProcess): void {
    const { order } = process;
    const { execution } = order;
    if (process.member === null) {
      demand(!this.#ledger.started.has(execution), "startedOnce", () => {
        return `a second process of execution ${execution} (${order.jobId}/${order.taskId}) is started`;
      });
    } else this.#memberStarted(process.member);
    this.#ledger.started.add(execution);
    demand(machine.directories.has(directoryKey(order)), "directory", () => {
      return `execution ${execution} starts on ${machine.name} without its directory`;
    });
    const ordered = this.#ledger.orders.get(execution);
    demand(
      ordered !== undefined,
      "effectAfterCommit",
      () => `execution ${execution} was never ordered`,
    );
    if (ordered === undefined) return;
    if (ordered.kind === "task") this.#taskStarted(machine, process, ordered);
    else this.#specialStarted(machine, process, ordered);
  }

  #memberStarted({ order, member, processNumber }: MemberProcess): void {
    const { execution } = order;
    const key = memberKey(execution, member, processNumber);
    demand(!this.#ledger.startedMembers.has(key), "startedOnce", () => {
      return `process ${processNumber} of ${member} in execution ${execution} is started again`;
    });
    this.#ledger.startedMembers.add(key);
    if (!this.#ledger.firstStarts.has(execution)) {
      this.#ledger.firstStarts.set(execution, this.#world.agenda.now);
    }
    const spec = order.allocation.group.members.find(({ name }) => name === member);
    const firstAt = this.#ledger.orders.get(execution)?.firstAt;
    if (spec === undefined || firstAt === undefined) return;
    const asked = this.#ledger.restartsAsked.get(execution) ?? 0;
    const restarts = processNumber - 1 - asked;
    const most = restartsAllowed(
      this.#policyOf(execution, member) ?? spec.restart,
      this.#world.agenda.now - firstAt,
    );
    // With clocks that jump windows pass in no time.
    demand(restarts <= most || this.#world.faults.nodeClockStepMs > 0, "restartPolicy", () => {
      return `${member} of execution ${execution} is restarted ${restarts} times; ${most} are within its policy`;
    });
  }

  /** As the job has it, whatever the node was told. */
  #policyOf(execution: number, member: string): RestartPolicy | null {
    const { disk } = this.#world;
    const record = disk.executions.get(execution);
    const job = disk.jobs.get(record?.job ?? 0);
    const version = record?.allocation?.version;
    const earlier = job?.groups?.history.find((one) => one.version === version);
    const spec = earlier?.spec ?? job?.spec;
    const name = disk.task(record?.task ?? 0)?.spec.place?.group;
    const group = spec?.groups?.groups.find((one) => one.name === name);
    return group?.members.find((one) => one.name === member)?.restart ?? null;
  }

  /** Whether the store counts the execution as under way. */
  #isLive(execution: number): boolean {
    const state = this.#world.disk.executions.get(execution)?.state;
    return state !== undefined && state !== "ended" && state !== "lost";
  }

  #taskStarted(machine: Machine, process: SimProcess, ordered: Ordered): void {
    const { execution } = process.order;
    if (!this.#isLive(execution)) return;
    this.#ledger.ran.add(nodeJobKey(ordered.node, ordered.job));
    let slots = 0;
    for (const other of this.#world.machines) {
      for (const running of other.shims.processes) {
        const number = running.order.execution;
        const its = this.#ledger.orders.get(number);
        if (its?.kind !== "task" || !this.#isLive(number)) continue;
        if (other === machine) slots += its.slots;
        const isOther = its.task === ordered.task && number !== execution;
        demand(!isOther || this.#mayBoth(number, execution), "oneCurrentExecution", () => {
          return `executions ${number} and ${execution} of one task run at the same time`;
        });
      }
    }
    const offered = this.#world.disk.nodes.get(ordered.node)?.slots ?? 0;
    demand(slots <= offered, "slots", () => {
      return `processes on ${machine.name} use ${slots} slots of ${offered}`;
    });
    this.#checkPrepared(machine, process, ordered);
  }

  /** Two of one task: one is told to stop, or they are declared: current, its original, its canary. */
  #mayBoth(one: number, other: number): boolean {
    const { disk } = this.#world;
    const records = [disk.executions.get(one), disk.executions.get(other)];
    if (records.some((record) => record !== undefined && record.stopReason !== null)) return true;
    const progress = disk.task(records[0]?.task ?? 0)?.progress;
    const { original, canary } = progress?.group ?? {};
    const declared = [progress?.execution, original, canary?.execution];
    return declared.includes(one) && declared.includes(other);
  }

  #checkPrepared(machine: Machine, process: SimProcess, ordered: Ordered): void {
    const spec = this.#world.disk.jobs.get(ordered.job)?.spec.preparation ?? null;
    if (spec === null || !spec.waitForSuccess) return;
    const boots = this.#ledger.prepared.get(`${machine.guid}:${ordered.job}`);
    const isPrepared = spec.rerunOnNodeRebootAfterSuccess
      ? boots?.has(machine.bootId) === true
      : boots !== undefined;
    demand(isPrepared, "preparationFirst", () => {
      return `execution ${process.order.execution} runs on ${machine.name} before preparation succeeded there`;
    });
  }

  #specialStarted(machine: Machine, process: SimProcess, ordered: Ordered): void {
    const { execution, kind } = process.order;
    for (const running of machine.shims.processes) {
      const number = running.order.execution;
      const its = this.#ledger.orders.get(number);
      if (number === execution || its?.job !== ordered.job) continue;
      demand(its.kind !== kind, "onePreparation", () => {
        return `${kind} ${execution} starts on ${machine.name} while ${number} runs`;
      });
      const isTooEarly = kind === "release" && its.kind === "task" && this.#isLive(number);
      demand(!isTooEarly, "releaseAfterTasks", () => {
        return `release ${execution} starts on ${machine.name} while execution ${number} runs`;
      });
    }
    if (kind !== "release") return;
    const release = this.#world.disk.nodeJobs.get(nodeJobKey(ordered.node, ordered.job))?.release;
    // One that was given up may start late; only a finished one must not be followed by another.
    const isAgain =
      release?.state === "completed" &&
      release.execution !== execution &&
      release.failure?.code !== "NodeLost";
    demand(
      !isAgain,
      "releaseOnce",
      () => `release ${execution} starts after ${release?.execution} was over`,
    );
  }

  ended(machine: Machine, process: SimProcess, outcome: ProcessExit["outcome"]): void {
    const { execution } = process.order;
    const { member } = process;
    if (member === null) this.#ledger.exits.set(execution, outcome);
    else {
      const key = memberKey(execution, member.member, member.processNumber);
      this.#ledger.memberExits.set(key, outcome);
    }
    const ordered = this.#ledger.orders.get(execution);
    if (ordered === undefined || outcome.state !== "exited") return;
    if (ordered.kind === "preparation" && outcome.exitCode === 0) {
      const key = `${machine.guid}:${ordered.job}`;
      const boots = this.#ledger.prepared.get(key) ?? new Set();
      this.#ledger.prepared.set(key, boots.add(machine.bootId));
    }
    this.#checkStopped(machine, process);
  }

  /** It ended by itself: then nobody had told it to stop long ago. */
  #checkStopped(machine: Machine, { order, key, startedAt }: SimProcess): void {
    const { execution } = order;
    const core = machine.agent?.core;
    const stopping = (core && heldProcess(core, key)?.stopping) ?? null;
    // With clocks that jump, the journal's instants tell nothing of how long ago it was.
    // An agent that stands still kills nothing.
    const { nodeClockStepMs, agentPauseMs } = this.#world.faults;
    if (stopping === null || nodeClockStepMs > 0 || agentPauseMs > 0) return;
    // A shim may have been slow to start it.
    const lateMs = machine.clock() - Math.max(stopping.at + stopping.graceMs, startedAt);
    demand(lateMs < STOP_SLACK_MS, "stopEnforced", () => {
      return `execution ${execution} ended by itself ${lateMs} ms after it should have been killed`;
    });
  }

  /** Nothing runs that the server has let go of and had the time to stop. */
  running(): void {
    for (const machine of this.#world.machines) {
      for (const { order } of machine.shims.processes) {
        const ordered = this.#ledger.orders.get(order.execution);
        if (ordered !== undefined) this.#checkLetGo(machine, order.execution, ordered);
      }
    }
  }

  #checkLetGo(machine: Machine, execution: number, ordered: Ordered): void {
    if (ordered.kind !== "task" || this.#isLive(execution)) return;
    const { disk, server, agenda } = this.#world;
    const record = disk.executions.get(execution);
    const node = server.engine?.nodes.get(ordered.node);
    const since = server.links.openSince(ordered.node);
    if (record?.state !== "lost" || record.result !== null || node === undefined) return;
    if (since === null || !machine.agent?.isConnected || node.record.contact !== "connected")
      return;
    // What a shim was asked to start before it stood still, it starts when it goes on; an agent that does kills nothing.
    const awakeSince = Math.max(machine.shims.pausedUntil, machine.agent.pausedUntil);
    const settledMs = agenda.now - Math.max(since, awakeSince);
    const lostMs = (server.engine?.now ?? 0) - (record.endedAt ?? 0);
    demand(Math.min(settledMs, lostMs) < SETTLE_SLACK_MS, "letGoIsStopped", () => {
      return `execution ${execution} was let go and still runs ${settledMs} ms after its node was settled`;
    });
  }

  directoryPrepared(machine: Machine, order: StartOrder): void {
    const key = directoryKey(order);
    machine.directories.add(key);
    for (const running of machine.shims.processes) {
      demand(directoryKey(running.order) !== key, "directory", () => {
        return `execution ${order.execution} prepares ${key} while ${running.order.execution} runs there`;
      });
    }
  }

  directoryRemoved(machine: Machine, jobId: string, taskId: string | null): void {
    for (const running of machine.shims.processes) {
      const { order } = running;
      const isUsed = order.jobId === jobId && (taskId === null || order.taskId === taskId);
      demand(!isUsed, "directory", () => {
        return `the directory of execution ${order.execution} is removed while it runs`;
      });
    }
    for (const key of [...machine.directories]) {
      const isRemoved =
        taskId === null ? key.startsWith(`${jobId} `) : key === `${jobId} ${taskId}`;
      if (isRemoved) machine.directories.delete(key);
    }
  }

  journalLost(machine: Machine): void {
    this.#journalLostAt.set(machine, this.#world.agenda.now);
  }

  /** A node holds whatever it once said that it holds, until the server has the end of it. */
  helloSent(machine: Machine, held: readonly HeldExecution[]): void {
    const { disk } = this.#world;
    const numbers = new Set(held.map(({ execution }) => execution));
    const lostAt = this.#journalLostAt.get(machine) ?? Number.NEGATIVE_INFINITY;
    for (const record of disk.executions.values()) {
      if (record.state !== "running" || numbers.has(record.number)) continue;
      const ordered = this.#ledger.orders.get(record.number);
      if (ordered === undefined || ordered.at <= lostAt) continue;
      const node = disk.nodes.get(ordered.node);
      demand(node?.guid !== machine.guid, "journal", () => {
        return `${machine.name} took execution ${record.number} and does not hold it any more`;
      });
    }
  }
}

function directoryKey(order: StartOrder): string {
  return `${order.jobId} ${order.taskId}`;
}

/** Restarts within the policy in so long a time: in each window its attempts, and one that is put off to its end. */
function restartsAllowed({ attempts, intervalMs, mode }: RestartPolicy, passedMs: number): number {
  const perWindow = attempts + (mode === "delay" ? 1 : 0);
  return perWindow * (Math.floor(passedMs / intervalMs) + 1);
}
