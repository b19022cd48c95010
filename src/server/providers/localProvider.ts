import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Effect } from "../../engine/effect.ts";
import { type AgentProcess, dataDirectoryOf, rootDirectoryOf, startAgent } from "./agentProcess.ts";

type ProvideNode = Extract<Effect, { effect: "provideNode" }>;

/** What a local node is started with; kept in its folder so that a later server can start it again. */
export interface LocalNode {
  readonly guid: string;
  readonly name: string;
  readonly poolId: string;
  readonly slots: number;
  /** Changes with every reboot. */
  readonly bootId: string;
}

export interface LocalProviderParts {
  /** Holds a folder per node. */
  readonly directory: string;
  readonly serverUrl: () => string;
  readonly version: string;
  /** Starts this executable. */
  readonly selfCommand: readonly string[];
  /** A token for one join to the pool. */
  readonly joinToken: (poolId: string) => Promise<string>;
  readonly nodeFailed: (node: number, message: string) => void;
  readonly log: (message: string, facts: Record<string, unknown>) => void;
  readonly newId: () => string;
  /** The process id of the living agent that holds a data directory; null: none does. */
  readonly findAgent: (dataDirectory: string) => Promise<number | null>;
  readonly isAlive: (pid: number) => boolean;
  /** Kills agent, shims and processes of a node, as pulling its plug would. */
  readonly pullPlug: (place: { dataDirectory: string; rootDirectory: string }) => Promise<boolean>;
}

const NODE_FILE = "node.json";
/** Between the death of an agent and its next start; doubled while it dies soon after. */
const RESTART_DELAY_MIN_MS = 50;
const RESTART_DELAY_MAX_MS = 30_000;
/** An agent that lived this long had begun well. */
const SETTLED_AFTER_MS = 10_000;

/**
 * Makes nodes that are agent processes on this machine. Everything is looked up by guid first, so that an order may be
 * repeated; agents outlive the server and are found again by their lock.
 */
export class LocalProvider {
  readonly #agents = new Map<string, AgentProcess>();
  /** Orders for one node follow one another. */
  readonly #queues = new Map<string, Promise<void>>();
  readonly #restartDelaysMs = new Map<string, number>();
  #isStopping = false;

  readonly parts: LocalProviderParts;

  constructor(parts: LocalProviderParts) {
    this.parts = parts;
    mkdirSync(parts.directory, { recursive: true, mode: 0o755 });
  }

  directoryOf(guid: string): string {
    return join(this.parts.directory, guid);
  }

  #inTurn(guid: string, work: () => Promise<void>): Promise<void> {
    const before = this.#queues.get(guid) ?? Promise.resolve();
    const next = before.then(work, work).catch((error: unknown) => {
      this.parts.log("local node", { guid, error: String(error) });
    });
    this.#queues.set(guid, next);
    return next;
  }

  /** A new node, or one whose making was interrupted. */
  provide(effect: ProvideNode): Promise<void> {
    return this.#inTurn(effect.guid, async () => {
      if (this.#isStopping) return;
      try {
        const { guid, nodeId: name, poolId, slots } = effect;
        await this.#write({ guid, name, poolId, slots, bootId: this.parts.newId() });
        const token = await this.parts.joinToken(poolId);
        await this.#start(guid, token);
      } catch (error) {
        this.parts.nodeFailed(effect.node, error instanceof Error ? error.message : String(error));
      }
    });
  }

  /** After a start of the server: agents that are not running are started again. */
  async resume(guids: readonly string[]): Promise<void> {
    await Promise.all(guids.map((guid) => this.#inTurn(guid, () => this.#start(guid, null))));
  }

  async #write(node: LocalNode): Promise<void> {
    const directory = this.directoryOf(node.guid);
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    writeFileSync(join(directory, NODE_FILE), JSON.stringify(node), { mode: 0o600 });
  }

  #read(guid: string): LocalNode | null {
    const file = join(this.directoryOf(guid), NODE_FILE);
    return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as LocalNode) : null;
  }

  async #start(guid: string, joinToken: string | null): Promise<void> {
    const node = this.#read(guid);
    if (node === null || this.#isStopping) return;
    const begunAt = performance.now();
    const agent = await startAgent(node, this.directoryOf(guid), joinToken, this.parts, () => {
      if (this.#isStopping || this.#agents.get(guid) !== agent) return;
      this.#restartLater(guid, performance.now() - begunAt);
    });
    this.#agents.set(guid, agent);
  }

  /** The agent died by itself; its processes live on and are adopted. One that dies at once again is given more time. */
  #restartLater(guid: string, livedMs: number): void {
    const before = livedMs > SETTLED_AFTER_MS ? 0 : (this.#restartDelaysMs.get(guid) ?? 0);
    const delayMs = Math.min(Math.max(RESTART_DELAY_MIN_MS, before * 2), RESTART_DELAY_MAX_MS);
    this.#restartDelaysMs.set(guid, delayMs);
    this.parts.log("the agent of a local node ended; starting it again", { guid, delayMs });
    const agent = this.#agents.get(guid);
    setTimeout(() => {
      if (this.#agents.get(guid) !== agent) return;
      void this.#inTurn(guid, () => this.#start(guid, null));
    }, delayMs).unref();
  }

  /** Stops the agent and all its processes, clears `volatile`, starts it with a new boot id. */
  reboot(guid: string): Promise<void> {
    return this.#inTurn(guid, async () => {
      const node = this.#read(guid);
      if (node === null) return;
      await this.#halt(guid);
      rmSync(join(rootDirectoryOf(this.directoryOf(guid)), "volatile"), {
        recursive: true,
        force: true,
      });
      await this.#write({ ...node, bootId: this.parts.newId() });
      await this.#start(guid, null);
    });
  }

  /** Removes the node with everything on it. */
  remove(guid: string): Promise<void> {
    return this.#inTurn(guid, async () => {
      await this.#halt(guid);
      rmSync(this.directoryOf(guid), { recursive: true, force: true });
    });
  }

  async #halt(guid: string): Promise<void> {
    const agent = this.#agents.get(guid);
    this.#agents.delete(guid);
    await agent?.stop();
    const directory = this.directoryOf(guid);
    const isClear = await this.parts.pullPlug({
      dataDirectory: dataDirectoryOf(directory),
      rootDirectory: rootDirectoryOf(directory),
    });
    if (!isClear) this.parts.log("a process of the local node would not die", { guid });
  }

  /** `agents`: processes run on and are adopted later; `withProcesses`: nothing is left on the machine. */
  async stop(what: "agents" | "withProcesses" | "nothing"): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#queues.values());
    if (what === "nothing") return;
    const all = [...this.#agents];
    if (what === "agents") {
      this.#agents.clear();
      await Promise.all(all.map(([, agent]) => agent.stop()));
    } else {
      await Promise.all(all.map(([guid]) => this.#halt(guid)));
    }
  }
}
