import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Clock } from "../../engine/clock.ts";
import type { Effect } from "../../engine/effect.ts";
import { DEFAULT_SETTINGS } from "../../engine/state.ts";
import { POOL } from "../../engine/testFleet.ts";
import type { FleetRequest } from "../../fleet/input.ts";
import { DEFAULT_FLEET_SETTINGS } from "../../fleet/state.ts";
import type { RoleLevel } from "../../model/fleet/person.ts";
import type { StartOrder } from "../../model/order.ts";
import {
  type HelloFrame,
  NODE_PROTOCOL_VERSION,
  NODE_SCRIPT_PATH,
  type NodeFrame,
  type ServerFrame,
} from "../../protocol/node/message.ts";
import { FolderBlobStore } from "../../store/folderBlobStore.ts";
import { openSqliteStore } from "../../store/sqlite/open.ts";
import type { Store } from "../../store/store.ts";
import { FileTokens } from "../access/fileTokens.ts";
import { makeFirstUser } from "../fleet/access.ts";
import { storeScript } from "../fleet/scripts.ts";
import { Loop } from "../loop/loop.ts";
import { NodeLinks } from "./nodeLinks.ts";
import { NodeScripts } from "./nodeScripts.ts";
import { nodeTransfer } from "./transfers.ts";

export const START = 1_800_000_000_000;
export const START_WITHIN_MS = 120_000;
/** It asks for a file token, and is no text. */
export const CONTENT = Buffer.concat([
  Buffer.from("#!/bin/sh\n# @STINT.FILE_TOKEN/10M@\n"),
  Buffer.from([0, 255, 254]),
]);
const FACTS = {
  agentVersion: "0",
  hostname: "h",
  os: "linux",
  ipAddress: "127.0.0.1",
  cores: 1,
  memoryBytes: 1,
  canReboot: false,
};
const PROFILE = { name: "n", phone: "1", email: "e@x", description: "" };

/** A server's store, blobs, loop and links, as they are without its sockets, and nodes with keys. */
export class TestServer {
  readonly directory: string;
  readonly blobs: FolderBlobStore;
  readonly store: Store;
  readonly loop: Loop;
  readonly links: NodeLinks;
  readonly scripts: NodeScripts;
  readonly tokens: FileTokens;
  readonly orders: StartOrder[];
  readonly machine: { wall: number };
  readonly failures: unknown[] = [];
  readonly keys = new Map<string, CryptoKey>();

  private constructor(
    directory: string,
    store: Store,
    loop: Loop,
    told: Pick<TestServer, "orders" | "machine" | "tokens">,
  ) {
    this.directory = directory;
    this.blobs = new FolderBlobStore(join(directory, "blobs"));
    this.store = store;
    this.loop = loop;
    this.orders = told.orders;
    this.machine = told.machine;
    this.tokens = told.tokens;
    this.scripts = new NodeScripts({
      loop,
      store,
      blobs: this.blobs,
      fileTokens: told.tokens,
      onFailure: (error) => this.failures.push(error),
    });
    this.links = new NodeLinks(loop, store, {
      heartbeatIntervalMs: 1_000,
      epoch: () => 1,
      clock: () => loop.parts.clock.now(),
      scripts: this.scripts,
      log: () => undefined,
    });
  }

  static async open(): Promise<TestServer> {
    const directory = mkdtempSync(join(tmpdir(), "stint-transfers-"));
    const store = await openSqliteStore(join(directory, "stint.db"));
    const orders: StartOrder[] = [];
    const machine = { wall: START };
    const loop = await Loop.open({
      store,
      settings: DEFAULT_SETTINGS,
      fleetSettings: DEFAULT_FLEET_SETTINGS,
      epoch: 1,
      clock: new Clock({ wall: () => machine.wall, monotonic: () => 0 }),
      perform(effects: readonly Effect[]) {
        for (const effect of effects) if (effect.effect === "start") orders.push(effect.order);
      },
      onCommit: () => undefined,
      onStep: () => undefined,
      log: () => undefined,
    });
    loop.start();
    await makeFirstUser(loop);
    await loop.submit({ kind: "createPool", spec: { ...POOL, accepts: ["fleet"] } });
    const account = { id: "other", profile: PROFILE, passwordHash: "x" };
    await loop.askFleet({ request: "createUser", ...account }, null);
    const tokens = await FileTokens.open(store, {
      nodeIdOf: (node) => loop.engine.nodes.get(node)?.record.id ?? null,
      now: () => loop.parts.clock.now(),
    });
    const server = new TestServer(directory, store, loop, { orders, machine, tokens });
    const enable = { user: "other", profile: {}, role: 0, status: "enable" } as const;
    await server.ask(1, 0, { request: "editUser", ...enable });
    return server;
  }

  async close(): Promise<void> {
    await this.loop.stop();
    await this.store.close();
    rmSync(this.directory, { recursive: true });
  }

  async ask(user: number, level: RoleLevel, request: FleetRequest): Promise<void> {
    const reply = await this.loop.askFleet(request, { user, level });
    if (!reply.ok) throw new Error(reply.error.message);
  }

  async addNode(guid: string): Promise<void> {
    const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as {
      privateKey: CryptoKey;
      publicKey: CryptoKey;
    };
    this.keys.set(guid, pair.privateKey);
    const raw = Buffer.from(await crypto.subtle.exportKey("raw", pair.publicKey));
    const publicKey = raw.toString("base64");
    await this.store.addNodeKey({ guid, publicKey, revokedAt: null, createdAt: START });
    const node = { guid, slots: 1, facts: FACTS };
    await this.loop.ask({ kind: "nodeJoined", name: guid, pool: POOL.id, ...node });
    const link = { linkId: `link ${guid}`, bootId: "boot", held: [] };
    await this.loop.ask({ kind: "nodeConnected", ...link, ...node });
    await this.ask(1, 0, { request: "editNode", node: guid, status: "enable" });
  }

  async fetch(guid: string, execution: number | string, skewMs = 0): Promise<Response> {
    const path = `${NODE_SCRIPT_PATH}/${execution}`;
    const timestamp = this.machine.wall + skewMs;
    const text = new TextEncoder().encode(`${guid}:${timestamp}:GET:${path}`);
    const signature = Buffer.from(await crypto.subtle.sign("Ed25519", this.#keyOf(guid), text));
    const authorization = `Node ${guid}:${timestamp}:${signature.toString("base64")}`;
    const request = new Request(`http://test${path}`, { headers: { authorization } });
    const response = await nodeTransfer(request, path, {
      store: this.store,
      blobs: this.blobs,
      wallTime: () => this.machine.wall,
      time: () => this.loop.parts.clock.now(),
      jobOfOwn: (node, number) => this.links.jobOfOwn(node, number),
      scriptOf: (node, number) => this.scripts.sourceOfGuid(node, number),
      fileTokens: this.tokens,
    });
    if (response === null) throw new Error("no transfer");
    return response;
  }

  /** The order for a script that was reviewed and started on the node. */
  async run(node: string, bytes: Uint8Array = CONTENT): Promise<StartOrder> {
    const script = await storeScript(this.blobs, "a.sh", bytes);
    const content = { script, osUser: null, byOnDemand: true, startWithinMs: START_WITHIN_MS };
    await this.ask(1, 0, { request: "createDefinition", id: "task", description: "", content });
    const targets = { nodes: [node], nodeGroups: [] };
    await this.ask(1, 0, { request: "addTargets", definition: "task", targets });
    const asked = { definition: "task", approver: "other", reason: "" };
    await this.ask(1, 0, { request: "requestApproval", ...asked });
    await this.ask(2, 0, { request: "acceptApproval", definition: "task" });
    const run = { definition: "task", nodes: null, arguments: [] };
    await this.ask(1, 0, { request: "runDefinition", ...run });
    const [order] = this.orders;
    if (order === undefined) throw new Error("no order");
    return order;
  }

  /** Greets the server as the node and returns what it sends from then on, when it has welcomed the node. */
  async connect(guid: string): Promise<TestLink> {
    const frames: ServerFrame[] = [];
    const take = (text: string) => frames.push(JSON.parse(text) as ServerFrame);
    const socket = {
      send: take,
      close: () => undefined,
      sendBytes: () => 1,
      bufferedBytes: () => 0,
    };
    const connection = this.links.opened(socket);
    const key = this.#keyOf(guid);
    const nonce = new TextEncoder().encode(connection.nonce);
    const signature = Buffer.from(await crypto.subtle.sign("Ed25519", key, nonce));
    const hello: HelloFrame = {
      type: "hello",
      protocol: NODE_PROTOCOL_VERSION,
      guid,
      signature: signature.toString("base64"),
      linkId: `link ${guid}`,
      bootId: "boot",
      nodeName: guid,
      slots: 1,
      facts: FACTS,
      held: [],
    };
    const tell = (frame: NodeFrame) => this.links.received(connection, JSON.stringify(frame));
    await tell(hello);
    while (!frames.some(({ type }) => type === "welcome")) await Bun.sleep(1);
    return { frames, tell };
  }

  #keyOf(guid: string): CryptoKey {
    const key = this.keys.get(guid);
    if (key === undefined) throw new Error("no such node");
    return key;
  }
}

/** A node's connection, as the node sees it. */
export interface TestLink {
  readonly frames: readonly ServerFrame[];
  readonly tell: (frame: NodeFrame) => Promise<void>;
}
