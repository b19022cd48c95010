import type { AgentInput, JournalEntry } from "../agent/core/contract.ts";
import type { HostFacts, NodeFacts } from "../model/node.ts";
import { EPOCH_MS } from "./agenda.ts";
import { AgentLife } from "./agent.ts";
import { Shims } from "./shims.ts";
import type { World } from "./world.ts";

export interface MachineSpec {
  readonly name: string;
  readonly guid: string;
  readonly poolId: string;
  readonly isProvided: boolean;
  readonly slots: number;
}

/** Small, so that groups find no room now and then. */
const HOST: HostFacts = {
  datacenter: "dc1",
  nodeClass: "",
  meta: {},
  attributes: { "kernel.name": "linux", "driver.raw_exec": "1" },
  drivers: { raw_exec: { detected: true, healthy: true, description: "" } },
  cpuMhz: 2_000,
  memoryMb: 2_000,
  diskMb: 100_000,
};
const RESTART_MAX_MS = 10_000;
/** As the shipped agent has it: a shim that does not greet within this is killed. */
const GREETING_TIMEOUT_MS = 10_000;
const SHIM_STALL_MAX_MS = 20_000;
const SOON_MS = 500;
const BOOT_MAX_MS = 30_000;

/** A machine with everything on it: clock, disk, agent, shims, processes. */
export class Machine {
  readonly world: World;
  /** From 0. */
  readonly number: number;
  readonly name: string;
  readonly poolId: string;
  readonly isProvided: boolean;
  readonly slots: number;
  readonly canReboot: boolean;
  guid: string;
  bootId: string;
  isJoined: boolean;
  isOn = true;
  /** Destroyed by its provider. */
  isGone = false;
  /** The agent's journal as the file has it; entries from `flushed` on may be lost by a crash. */
  journal: JournalEntry[] = [];
  flushed = 0;
  shims: Shims;
  agent: AgentLife | null = null;
  /** Directories of tasks that exist. */
  readonly directories = new Set<string>();
  #clockOffsetMs = 0;
  #cutOffUntil = 0;
  #lives = 0;
  #boots = 1;
  #leaves = 0;
  /** Turned with every change of power, so that what was planned before is void. */
  #power = 0;

  constructor(world: World, spec: MachineSpec) {
    this.world = world;
    this.number = world.machines.length;
    this.name = spec.name;
    this.guid = spec.guid;
    this.poolId = spec.poolId;
    this.isProvided = spec.isProvided;
    this.slots = spec.slots;
    this.isJoined = spec.isProvided;
    this.canReboot = spec.isProvided || world.random.chance(0.5);
    this.bootId = `${this.name}-boot1`;
    this.shims = new Shims(this);
    this.#startAgent(world.random.between(0, 2_000));
  }

  clock(): number {
    return EPOCH_MS + this.world.agenda.now + this.#clockOffsetMs;
  }

  setClock(offsetMs: number): void {
    this.#clockOffsetMs = offsetMs;
  }

  /** No connection for so long; the one there is breaks without a sound. */
  cutOff(durationMs: number): void {
    this.world.trace(`${this.name}: cut off for ${durationMs} ms`);
    this.#cutOffUntil = this.world.agenda.now + durationMs;
    this.agent?.loseConnection();
  }

  get isCutOff(): boolean {
    return this.world.agenda.now < this.#cutOffUntil;
  }

  facts(): NodeFacts {
    return {
      agentVersion: "sim",
      hostname: this.name,
      os: "sim",
      ipAddress: "127.0.0.1",
      cores: 4,
      memoryBytes: 1,
      canReboot: this.canReboot,
      host: { ...HOST, meta: { rack: `r${this.number % 2}` } },
    };
  }

  #after(delayMs: number, run: () => void): void {
    const power = this.#power;
    this.world.agenda.after(delayMs, () => {
      if (this.#power === power && !this.isGone) run();
    });
  }

  #startAgent(delayMs: number): void {
    this.#after(delayMs, () => {
      if (this.agent !== null) return;
      const { agenda, random } = this.world;
      const leftMs = this.shims.pausedUntil - agenda.now;
      if (leftMs > GREETING_TIMEOUT_MS) {
        this.#after(GREETING_TIMEOUT_MS, () => this.#endSilentShim());
        this.#startAgent(GREETING_TIMEOUT_MS);
        return;
      }
      if (leftMs > 0) {
        this.#startAgent(leftMs + random.between(0, 3));
        return;
      }
      if (this.shims.isBeginning) {
        this.#startAgent(random.between(1, 5));
        return;
      }
      this.#lives += 1;
      this.agent = new AgentLife(this, `${this.bootId}-link${this.#lives}`);
    });
  }

  #endSilentShim(): void {
    if (this.shims.pausedUntil <= this.world.agenda.now) return;
    if (this.world.hooks.sparesSilentShims) this.shims.abandon();
    else this.killShim();
  }

  tellAgent(input: AgentInput, delayMs: number): void {
    const { agent } = this;
    if (agent === null) return;
    this.#after(delayMs, () => {
      if (this.agent === agent) agent.push(input);
    });
  }

  /** Kill -9: what was not flushed may be lost from any entry on. */
  crashAgent(restartMaxMs = RESTART_MAX_MS): void {
    if (this.agent === null || !this.isOn) return;
    this.world.trace(`${this.name}: agent killed`);
    this.#endAgent(true);
    this.#startAgent(this.world.random.between(50, restartMaxMs));
  }

  #endAgent(isLoud: boolean): void {
    this.agent?.kill(isLoud);
    this.agent = null;
    this.shims.agentGone();
    const least = Math.min(this.flushed, this.journal.length);
    this.journal = this.journal.slice(0, this.world.random.between(least, this.journal.length));
    this.flushed = this.journal.length;
  }

  /** The power goes, with everything that runs. */
  powerOff(): void {
    if (this.isGone || !this.isOn) return;
    this.isOn = false;
    this.world.trace(`${this.name}: power off`);
    this.#endAgent(false);
    this.shims.powerOff();
    this.world.checks.shimDied(this);
    this.#power += 1;
  }

  powerOn(): void {
    if (this.isGone || this.isOn) return;
    this.isOn = true;
    const { faults, random, isFaulty } = this.world;
    this.#power += 1;
    this.#boots += 1;
    this.bootId = `${this.name}-boot${this.#boots}`;
    this.shims = new Shims(this);
    if (isFaulty && random.chance(faults.journalLoss)) {
      this.journal = [];
      this.flushed = 0;
      this.world.checks.journalLost(this);
    }
    this.world.trace(`${this.name}: boot ${this.#boots}`);
    this.#startAgent(random.between(100, BOOT_MAX_MS));
  }

  reboot(): void {
    this.powerOff();
    this.powerOn();
  }

  /** Its shim stands still for a while; what holds it up may be what kills the agent. */
  stallShim(): void {
    const { random } = this.world;
    const durationMs = random.between(10, SHIM_STALL_MAX_MS);
    this.world.trace(`${this.name}: shim stands still for ${durationMs} ms`);
    this.shims.pause(durationMs);
    if (random.chance(0.5)) return;
    this.#after(random.between(0, durationMs), () => this.crashAgent(SOON_MS));
  }

  killShim(): void {
    if (this.isGone) return;
    this.world.trace(`${this.name}: shim killed`);
    this.world.checks.shimDied(this);
    this.shims.die();
  }

  /** Sent away: everything stops, the identity goes, and a machine that joined by itself joins anew. */
  leave(): void {
    this.world.trace(`${this.name}: leaves`);
    this.agent?.kill(true);
    this.agent = null;
    this.journal = [];
    this.flushed = 0;
    this.shims.powerOff();
    this.shims = new Shims(this);
    this.directories.clear();
    if (this.isProvided) {
      this.isGone = true;
      return;
    }
    this.#leaves += 1;
    this.guid = `${this.name}-again${this.#leaves}`;
    this.isJoined = false;
    this.#startAgent(this.world.random.between(100, RESTART_MAX_MS));
  }

  /** Taken away by its provider. */
  destroy(): void {
    this.powerOff();
    this.isGone = true;
  }
}
