import type { AgentEffect, AgentInput } from "../src/agent/core/contract.ts";
import { heldExecutions } from "../src/agent/core/held.ts";
import { type AgentMachine, newAgentMachine } from "../src/agent/core/machine.ts";
import { heartbeatFrame, outgoingFrame } from "../src/agent/core/reports.ts";
import { step } from "../src/agent/core/step.ts";
import { type FetchScript, newFetchScript } from "../src/agent/script/fetchScript.ts";
import { ScriptAsks } from "../src/agent/script/scriptAsks.ts";
import type { OutputInfo } from "../src/model/execution.ts";
import type { ScriptOrder } from "../src/model/fleet/run.ts";
import type { StartOrder } from "../src/model/order.ts";
import { nodeFrameText } from "../src/protocol/node/frameText.ts";
import {
  NODE_LINK_PATH,
  NODE_PROTOCOL_VERSION,
  type NodeFrame,
  type ServerFrame,
} from "../src/protocol/node/message.ts";
import { NODE_FACTS } from "./fixtures.ts";

const EMPTY: OutputInfo = { sizeBytes: 0, droppedBytes: 0, place: { kind: "empty" } };
const PROCESS = { bootId: "boot", pid: 1, startTicks: 1 };

/** The shipped agent core on a real WebSocket, with processes that end at once and a journal that is not written. */
export class SimulatedNode {
  readonly #machine: AgentMachine;
  readonly #guid: string;
  readonly #url: string;
  readonly #key: CryptoKeyPair;
  readonly #scriptAsks = new ScriptAsks();
  readonly #fetchScript: FetchScript;
  #socket: WebSocket | null = null;
  ended = 0;

  constructor(url: string, guid: string, key: CryptoKeyPair) {
    this.#url = url;
    this.#guid = guid;
    this.#key = key;
    const identity = { guid, publicKey: "", joined: true };
    const signer = { identity, sign: (text: string) => this.#sign(text) };
    this.#fetchScript = newFetchScript(url, signer, this.#scriptAsks);
    this.#machine = newAgentMachine(crypto.randomUUID());
    step(this.#machine, { input: "recovered", bootId: "boot", memories: new Map() }, Date.now());
  }

  async join(joinToken: string, slots: number): Promise<void> {
    const publicKey = Buffer.from(await crypto.subtle.exportKey("raw", this.#key.publicKey));
    const response = await fetch(`${this.#url}/api/v1/nodes/join`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        joinToken,
        guid: this.#guid,
        publicKey: publicKey.toString("base64"),
        nodeName: this.#guid,
        slots,
        facts: NODE_FACTS,
      }),
    });
    if (!response.ok) throw new Error(await response.text());
  }

  connect(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const options = { perMessageDeflate: false } as unknown as string[];
    const socket = new WebSocket(this.#url.replace("http", "ws") + NODE_LINK_PATH, options);
    this.#socket = socket;
    socket.onmessage = ({ data }) =>
      this.#received(JSON.parse(String(data)) as ServerFrame, resolve);
    socket.onclose = () => reject(new Error(`node ${this.#guid}: the connection was closed`));
    return promise;
  }

  #received(frame: ServerFrame, onWelcome: () => void): void {
    switch (frame.type) {
      case "challenge":
        void this.#greet(frame.nonce);
        return;
      case "welcome":
        if (frame.givesScripts === true) this.#scriptAsks.connected((ask) => this.#send(ask));
        this.#step([{ input: "welcome", frame }]);
        setInterval(
          () => this.#send(heartbeatFrame(this.#machine, Date.now())),
          frame.heartbeatIntervalMs,
        );
        onWelcome();
        return;
      case "batch":
        this.#step([{ input: "frame", frame }]);
        return;
      case "script":
        this.#scriptAsks.received(frame);
        return;
      case "refused":
        throw new Error(frame.message);
      case "ask":
      case "exec":
        return;
    }
  }

  async #sign(text: string): Promise<string> {
    const signature = await crypto.subtle.sign("Ed25519", this.#key.privateKey, Buffer.from(text));
    return Buffer.from(signature).toString("base64");
  }

  async #greet(nonce: string): Promise<void> {
    this.#send({
      type: "hello",
      protocol: NODE_PROTOCOL_VERSION,
      guid: this.#guid,
      signature: await this.#sign(nonce),
      linkId: crypto.randomUUID(),
      bootId: "boot",
      nodeName: this.#guid,
      slots: 0,
      facts: NODE_FACTS,
      held: heldExecutions(this.#machine),
    });
  }

  #send(frame: NodeFrame): void {
    this.#socket?.send(nodeFrameText(frame));
  }

  #step(inputs: AgentInput[]): void {
    const now = Date.now();
    for (let input = inputs.shift(); input !== undefined; input = inputs.shift()) {
      const { effects } = step(this.#machine, input, now);
      for (const effect of effects) inputs.push(...this.#perform(effect, now));
    }
    for (let frame = outgoingFrame(this.#machine, now); frame !== null; ) {
      this.#send(frame);
      frame = outgoingFrame(this.#machine, now);
    }
  }

  /** As the shipped agent does it; the script is not filled in and written. */
  async #fetch({ execution, startBefore }: StartOrder, work: ScriptOrder): Promise<void> {
    const signal = AbortSignal.timeout(work.startWithinMs);
    const fetched = await this.#fetchScript({ execution, startBefore, work }, signal);
    if (!fetched.ok) throw new Error(fetched.failure.message);
    const bound = fetched.startBefore === null ? {} : { startBefore: fetched.startBefore };
    const outcome = { ok: true, offsets: { stdout: 0, stderr: 0 }, ...bound } as const;
    this.#step([{ input: "prepared", execution, outcome }]);
  }

  #perform(effect: AgentEffect, now: number): AgentInput[] {
    switch (effect.effect) {
      case "prepare": {
        const { execution, script } = effect.order;
        if (script !== undefined) {
          void this.#fetch(effect.order, script);
          return [];
        }
        const outcome = { ok: true, offsets: { stdout: 0, stderr: 0 } } as const;
        return [{ input: "prepared", execution, outcome }];
      }
      case "spawn": {
        const { execution } = effect.order;
        const exit = {
          outcome: { state: "exited", exitCode: 0 },
          endedAt: now,
          durationMs: 0,
          peakMemoryBytes: null,
          cpuMs: null,
        } as const;
        return [
          { input: "spawned", execution, process: PROCESS, startedAt: now },
          { input: "exited", execution, exit },
        ];
      }
      case "collect":
        this.ended += 1;
        return [
          { input: "collected", execution: effect.order.execution, stdout: EMPTY, stderr: EMPTY },
        ];
      // No groups come here.
      case "prepareAllocation":
      case "prepareMember":
      case "startMember":
      case "signalMember":
      case "collectMember":
      case "startProbe":
      case "stopProbe":
      case "watchTemplates":
      case "unwatchTemplates":
      case "closeAllocation":
      case "cancelPrepare":
      case "signal":
      case "upload":
      case "removeDirectory":
      case "forget":
      case "reboot":
      case "leave":
      case "send":
        return [];
    }
  }
}
