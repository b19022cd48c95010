import type { Reply } from "../engine/input.ts";
import { JOB, POOL } from "../engine/testFleet.ts";
import type { MachineInput } from "../machine/machine.ts";
import { foldId } from "../model/id.ts";
import type { JobSpec } from "../model/job.ts";
import type { TaskRecord } from "../model/task.ts";
import type { TaskSpec } from "../model/taskSpec.ts";
import { drawFaults, type Faults } from "./faults.ts";
import { Machine } from "./machine.ts";
import { World } from "./world.ts";

const LIMIT_MS = 3_600_000;

/** No fault at all, until a scenario makes one happen. */
function noFaults(): Faults {
  const zeros = Object.fromEntries(Object.keys(drawFaults(0)).map((name) => [name, 0]));
  return { ...drawFaults(0), ...zeros, linkDelayMs: 1, lostAfterMs: 60_000, endMs: LIMIT_MS };
}

/** A world that a test directs by hand: a pool, machines, one job; what happens is kept as a log. */
export class Scenario {
  readonly world: World;
  readonly #log: string[] = [];

  constructor(...machines: string[]) {
    const onTrace = (line: string) => this.#log.push(line.trimStart().replace(/^\d+ /, ""));
    this.world = new World(1, { faults: noFaults(), onTrace });
    this.world.server.boot();
    this.ask({ kind: "createPool", spec: { ...POOL, accepts: ["batch", "fleet"] } });
    for (const name of machines) this.machine(name);
    let connected = 0;
    this.until("all machines are connected", () => {
      while (this.world.machines[connected]?.agent?.isConnected === true) connected += 1;
      return connected === this.world.machines.length;
    });
  }

  machine(name: string): void {
    const spec = { name, guid: name, poolId: "pool", isProvided: false, slots: 1 };
    this.world.machines.push(new Machine(this.world, spec));
  }

  /** The machine of a name. */
  on(name: string): Machine {
    const machine = this.world.machines.find((candidate) => candidate.name === name);
    if (machine === undefined) throw new Error(`there is no machine ${name}`);
    return machine;
  }

  /** Faults that are drawn where they happen, from now on. */
  suffer(faults: Partial<Faults>): void {
    Object.assign(this.world.faults, faults);
  }

  ask(input: MachineInput): Reply | null {
    let answer: { reply: Reply | null } | null = null;
    this.world.checks.asked(input);
    this.world.server.submit(input, (reply) => {
      answer = { reply };
    });
    this.until(`${input.kind} is answered`, () => answer !== null);
    return (answer as { reply: Reply | null } | null)?.reply ?? null;
  }

  /** A job with one task for each command, named a, b, c and so on. */
  submit(commands: readonly string[], spec: Partial<JobSpec> = {}): void {
    this.ask({ kind: "createJob", spec: { ...JOB, ...spec } });
    this.add(commands);
  }

  add(commands: readonly string[], spec: Partial<TaskSpec> = {}): Reply | null {
    const tasks = commands.map((commandLine, index) => ({
      id: String.fromCharCode(97 + index),
      spec: { commandLine, ...spec },
    }));
    return this.ask({ kind: "addTasks", job: "job", tasks });
  }

  /** Lets time pass until the condition holds. */
  until(what: string, holds: () => boolean): void {
    const { agenda } = this.world;
    const limit = agenda.now + LIMIT_MS;
    while (!holds()) {
      if (agenda.now > limit || !agenda.advance())
        throw new Error(`it never came to be that ${what}`);
    }
  }

  pass(durationMs: number): void {
    const end = this.world.agenda.now + durationMs;
    this.until(`${durationMs} ms have passed`, () => this.world.agenda.now >= end);
  }

  /** Until everything has settled, as at the end of a run. */
  settle(): void {
    this.until("everything is settled", () => this.world.checks.unsettled() === null);
    this.world.checks.settled();
  }

  runs(execution: number): boolean {
    return this.world.machines.some(({ shims }) =>
      [...shims.processes].some(({ order }) => order.execution === execution),
    );
  }

  task(id: string): TaskRecord {
    const job = this.world.disk.jobOfId("job");
    const tasks = job === undefined ? undefined : this.world.disk.tasks.get(job.number);
    const task = tasks?.byNumber.get(tasks.byId.get(foldId(id)) ?? 0);
    if (task === undefined) throw new Error(`there is no task ${id}`);
    return task;
  }

  state(id: string): string {
    const { state, outcome } = this.task(id).progress;
    return outcome === null ? state : `${state} ${outcome.result}`;
  }

  /** What happened since the last look. */
  log(): string[] {
    return this.#log.splice(0);
  }
}
