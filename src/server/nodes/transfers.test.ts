import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Clock } from "../../engine/clock.ts";
import type { Effect } from "../../engine/effect.ts";
import { DEFAULT_SETTINGS } from "../../engine/state.ts";
import { POOL, resultOf } from "../../engine/testFleet.ts";
import type { FleetRequest } from "../../fleet/input.ts";
import { DEFAULT_FLEET_SETTINGS } from "../../fleet/state.ts";
import type { RoleLevel } from "../../model/fleet/person.ts";
import type { StartOrder } from "../../model/order.ts";
import {
  FILE_TOKENS_HEADER,
  NODE_SCRIPT_PATH,
  SERVER_TIME_HEADER,
} from "../../protocol/node/message.ts";
import { FolderBlobStore } from "../../store/folderBlobStore.ts";
import { openSqliteStore } from "../../store/sqlite/open.ts";
import type { Store } from "../../store/store.ts";
import { FileTokens } from "../access/fileTokens.ts";
import { makeFirstUser } from "../fleet/access.ts";
import { storeScript } from "../fleet/scripts.ts";
import { Loop } from "../loop/loop.ts";
import { NodeLinks } from "./nodeLinks.ts";
import { nodeTransfer } from "./transfers.ts";

const START = 1_800_000_000_000;
/** Within what signatures may be early or late. */
const SKEW_MS = 10 * 60_000;
const START_WITHIN_MS = 120_000;
const CONTENT = Buffer.concat([
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
class TestServer {
  readonly directory: string;
  readonly blobs: FolderBlobStore;
  readonly store: Store;
  readonly loop: Loop;
  readonly links: NodeLinks;
  readonly orders: StartOrder[];
  readonly machine: { wall: number };
  readonly keys = new Map<string, CryptoKey>();

  private constructor(
    directory: string,
    store: Store,
    loop: Loop,
    told: Pick<TestServer, "orders" | "machine">,
  ) {
    this.directory = directory;
    this.blobs = new FolderBlobStore(join(directory, "blobs"));
    this.store = store;
    this.loop = loop;
    this.orders = told.orders;
    this.machine = told.machine;
    this.links = new NodeLinks(loop, store, {
      heartbeatIntervalMs: 1_000,
      epoch: () => 1,
      clock: () => START,
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
    const server = new TestServer(directory, store, loop, { orders, machine });
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

  fileTokens(): Promise<FileTokens> {
    return FileTokens.open(this.store, {
      nodeIdOf: (node) => this.loop.engine.nodes.get(node)?.record.id ?? null,
      now: () => this.loop.parts.clock.now(),
    });
  }

  async fetch(guid: string, execution: number | string, skewMs = 0): Promise<Response> {
    const path = `${NODE_SCRIPT_PATH}/${execution}`;
    const timestamp = this.machine.wall + skewMs;
    const text = new TextEncoder().encode(`${guid}:${timestamp}:GET:${path}`);
    const key = this.keys.get(guid);
    if (key === undefined) throw new Error("no such node");
    const signature = Buffer.from(await crypto.subtle.sign("Ed25519", key, text));
    const authorization = `Node ${guid}:${timestamp}:${signature.toString("base64")}`;
    const request = new Request(`http://test${path}`, { headers: { authorization } });
    const response = await nodeTransfer(request, path, {
      store: this.store,
      blobs: this.blobs,
      wallTime: () => this.machine.wall,
      time: () => this.loop.parts.clock.now(),
      jobOfOwn: (node, number) => this.links.jobOfOwn(node, number),
      scriptOfOwn: (node, number) => this.links.scriptOfOwn(node, number),
      fileTokens: await this.fileTokens(),
    });
    if (response === null) throw new Error("no transfer");
    return response;
  }

  /** The order for a script that was reviewed and started on the node. */
  async run(node: string): Promise<StartOrder> {
    const script = await storeScript(this.blobs, "a.sh", CONTENT);
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
}

let server: TestServer;
beforeEach(async () => {
  server = await TestServer.open();
  await server.addNode("one");
  await server.addNode("two");
});
afterEach(() => server.close());

async function code(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error: { code: string } };
  return `${response.status} ${error.code}`;
}

test("a node gets the script of an execution of its own, byte for byte", async () => {
  const { execution, script } = await server.run("one");
  const response = await server.fetch("one", execution);
  expect(response.status).toBe(200);
  expect(await response.bytes()).toEqual(new Uint8Array(CONTENT));
  expect(script?.script.sizeBytes).toBe(CONTENT.length);
});

test("beside its script a node gets the execution's file tokens, and nobody else does", async () => {
  const { execution } = await server.run("one");
  const response = await server.fetch("one", execution);
  await response.body?.cancel();
  const given = JSON.parse(response.headers.get(FILE_TOKENS_HEADER) ?? "") as Record<
    string,
    string
  >;
  expect(Object.keys(given)).toEqual(["FILE_TOKEN", "FILE_TOKEN/10M"]);
  const tokens = await server.fileTokens();
  for (const token of Object.values(given)) {
    expect(await tokens.check(token)).toMatchObject({ ok: true, caller: { execution } });
  }
  expect((await server.fetch("two", execution)).headers.has(FILE_TOKENS_HEADER)).toBe(false);
});

test("another node's script, one that is over, and none at all are not given", async () => {
  const { execution } = await server.run("one");
  expect(await code(await server.fetch("two", execution))).toBe("404 ExecutionNotFound");
  expect(await code(await server.fetch("one", execution + 1))).toBe("404 ExecutionNotFound");
  expect(await code(await server.fetch("one", "x"))).toBe("404 ExecutionNotFound");
  const node = server.loop.nodeNumber("one") ?? 0;
  const result = resultOf({ state: "exited", exitCode: 0 }, START);
  await server.loop.ask({
    kind: "nodeReports",
    node,
    linkId: "link one",
    upTo: 1,
    reports: [{ kind: "ended", execution, result }],
  });
  expect(await code(await server.fetch("one", execution))).toBe("404 ExecutionNotFound");
});

test("nobody gets it without a signature that is good and recent", async () => {
  const { execution } = await server.run("one");
  await server.store.revokeNodeKey("one", START);
  expect(await code(await server.fetch("one", execution))).toBe("401 AuthenticationFailed");
  expect(await code(await server.fetch("two", execution, 2 * SKEW_MS))).toBe(
    "401 AuthenticationFailed",
  );
});

test("every answer tells the engine's time, by which startBefore is meant", async () => {
  const { execution, startBefore } = await server.run("one");
  server.machine.wall = START - SKEW_MS;
  const timeOf = (response: Response) => Number(response.headers.get(SERVER_TIME_HEADER));
  const given = await server.fetch("one", execution, SKEW_MS);
  await given.body?.cancel();
  expect(given.status).toBe(200);
  expect(timeOf(given)).toBe(START);
  expect(startBefore).toBe(START + START_WITHIN_MS);
  expect(timeOf(await server.fetch("two", execution))).toBe(START);
  expect(timeOf(await server.fetch("one", execution, -2 * SKEW_MS))).toBe(START);
});
