import { rmSync } from "node:fs";
import type { HelloFrame, RefusedFrame } from "../protocol/node/message.ts";
import { NODE_PROTOCOL_VERSION } from "../protocol/node/message.ts";
import type { ShimMemory } from "./core/contract.ts";
import { heldExecutions, ordersInDoubt } from "./core/held.ts";
import { type AgentMachine, newAgentMachine } from "./core/machine.ts";
import { replay } from "./core/replay.ts";
import { dataLayout } from "./directories.ts";
import { Effects } from "./effects.ts";
import { nodeFacts } from "./facts.ts";
import { deleteIdentity, type NodeKey, openIdentity, storeIdentity } from "./identity.ts";
import { openJournal } from "./journal.ts";
import { joinServer } from "./link/join.ts";
import { Link } from "./link/link.ts";
import { Loop } from "./loop.ts";
import type { AgentEnd, AgentOptions } from "./options.ts";
import { openAccounts } from "./platform/accounts.ts";
import { nodeGroups } from "./platform/nodeGroups.ts";
import { nodeBootId } from "./platform/processIdentity.ts";
import { newTreeKeeper } from "./platform/tree.ts";
import { readPasswd } from "./platform/users.ts";
import { openShims, type Shims } from "./shim/shims.ts";
import { emptyNode, stopProcesses } from "./stopNode.ts";

/** A node from its join, or its last start, until it is stopped or sent away. */
export interface NodeLife {
  readonly ended: Promise<AgentEnd>;
}

/** Takes up what an earlier life has left and begins to work. Throws AgentStartError when that cannot be read. */
export async function beginLife(options: AgentOptions, signal: AbortSignal): Promise<NodeLife> {
  const layout = dataLayout(options.dataDirectory);
  const bootId = nodeBootId(options.bootId);
  const key = await openIdentity(layout, options.guid);
  const machine = newAgentMachine(crypto.randomUUID());
  const journal = openJournal(layout.journalPath, (entry) => replay(machine, entry));
  const end = Promise.withResolvers<AgentEnd>();
  const loop: Loop = new Loop({
    machine,
    journal,
    logger: options.logger,
    perform: (effect) => effects.perform(effect),
    send: (session, frame) => link.send(session, frame),
  });
  const shims = await openNodeShims(options, bootId, loop);
  const effects = newEffects(options, bootId, shims, loop, end.resolve);
  const link = newLink(options, bootId, key, machine, loop, end.resolve);
  loop.begin({ input: "recovered", bootId, memories: memoriesOf(machine, shims) });
  signal.addEventListener("abort", () => end.resolve({ reason: "stopped" }), { once: true });
  void connect(options, key, link, signal).then((refused) => {
    if (refused !== null) end.resolve(refused);
  });
  const close = async (outcome: AgentEnd): Promise<AgentEnd> => {
    link.close();
    await loop.stop();
    shims.close();
    journal.close();
    if (outcome.reason === "left") await leave(options);
    return outcome;
  };
  return { ended: end.promise.then(close) };
}

function openNodeShims(options: AgentOptions, bootId: string, loop: Loop): Promise<Shims> {
  const { version, selfCommand, logger, dataDirectory } = options;
  const directory = dataLayout(dataDirectory).shimsDirectory;
  return openShims(
    { directory, version, bootId, selfCommand, logger },
    {
      onStarted: (execution, process, startedAt) =>
        loop.push({ input: "spawned", execution, process, startedAt }),
      onFailed: (execution, failure) => loop.push({ input: "spawnFailed", execution, failure }),
      onExited: (execution, exit) => loop.push({ input: "exited", execution, exit }),
    },
  );
}

/** No shim that has nothing on an execution was ever asked to start it: they write before they start. */
function memoriesOf(machine: AgentMachine, shims: Shims): Map<number, ShimMemory> {
  const memories = new Map<number, ShimMemory>(shims.memories);
  for (const { execution } of ordersInDoubt(machine)) {
    if (!memories.has(execution)) memories.set(execution, { memory: "never" });
  }
  return memories;
}

function newEffects(
  options: AgentOptions,
  bootId: string,
  shims: Shims,
  loop: Loop,
  onEnd: (end: AgentEnd) => void,
): Effects {
  const { rootDirectory, serverUrl, allowedUsers, logger } = options;
  const groups = nodeGroups(options);
  if (groups.shortcomings.length > 0) {
    logger.info({ shortcomings: groups.shortcomings }, "Some limits cannot be enforced here.");
  }
  return new Effects({
    rootDirectory,
    serverUrl,
    bootId,
    groups,
    trees: newTreeKeeper(groups, rootDirectory, bootId),
    users: {
      allowed: allowedUsers,
      accounts: openAccounts(dataLayout(options.dataDirectory).accountsPath, allowedUsers.accounts),
      ownUid: process.getuid?.() ?? 0,
      passwd: readPasswd,
    },
    shims,
    logger,
    push: (input) => loop.push(input),
    onReboot: () => reboot(options),
    onLeave: () => onEnd({ reason: "left" }),
  });
}

function newLink(
  options: AgentOptions,
  bootId: string,
  key: NodeKey,
  machine: AgentMachine,
  loop: Loop,
  onEnd: (end: AgentEnd) => void,
): Link {
  const { serverUrl, logger } = options;
  const link: Link = new Link({
    serverUrl,
    logger,
    async hello({ nonce }): Promise<HelloFrame> {
      const signature = await key.sign(nonce);
      return {
        type: "hello",
        protocol: NODE_PROTOCOL_VERSION,
        guid: key.identity.guid,
        signature,
        linkId: machine.linkId,
        bootId,
        nodeName: options.name,
        slots: options.slots,
        facts: nodeFacts(options.version, options.rebootCommand !== null),
        held: await loop.whenFlushed(() => heldExecutions(machine)),
      };
    },
    onWelcome(frame) {
      logger.info({ nodeId: frame.nodeId, poolId: frame.poolId }, "Connected to the server.");
      loop.push({ input: "welcome", frame });
    },
    onFrame: (frame) => loop.push({ input: "frame", frame }),
    onAsk: () => undefined,
    onDisconnected: () => loop.push({ input: "disconnected" }),
    onRefused: (frame) => onRefused(frame, options, onEnd),
    onHeartbeat: () => loop.heartbeat(),
  });
  return link;
}

/** Whether to go on trying. */
function onRefused(
  frame: RefusedFrame,
  { logger }: AgentOptions,
  onEnd: (end: AgentEnd) => void,
): boolean {
  const { code, message } = frame;
  switch (code) {
    // The server does not know the node: it stops everything and joins anew (settle table).
    case "UnknownNode":
      logger.warn({ code }, message);
      onEnd({ reason: "left" });
      return false;
    // The other session may be this node's own, not yet missed; another version may be a leader about to change.
    case "KeyConflict":
    case "ProtocolVersion":
      logger.warn({ code }, message);
      return true;
    case "BadSignature":
    case "KeyRevoked":
      onEnd({ reason: "refused", message: `${code}: ${message}` });
      return false;
  }
}

/** Joins if that was not done yet, then opens the link. Null, or why the node is not wanted. */
async function connect(
  options: AgentOptions,
  key: NodeKey,
  link: Link,
  signal: AbortSignal,
): Promise<AgentEnd | null> {
  const { joinToken, serverUrl, name, slots, logger, version } = options;
  if (!key.identity.joined) {
    if (joinToken === null) {
      const message = "This node has not joined yet; start it with a join token.";
      return { reason: "refused", message };
    }
    const facts = nodeFacts(version, options.rebootCommand !== null);
    const outcome = await joinServer(key.identity, {
      serverUrl,
      joinToken,
      name,
      slots,
      facts,
      logger,
      signal,
    });
    if (outcome === null) return null;
    if (!outcome.ok) return { reason: "refused", message: outcome.message };
    storeIdentity(dataLayout(options.dataDirectory), { ...key.identity, joined: true });
  }
  if (!signal.aborted) link.open();
  return null;
}

/** Stops everything and forgets who it was. */
async function leave(options: AgentOptions): Promise<void> {
  const layout = dataLayout(options.dataDirectory);
  await stopProcesses(options);
  rmSync(layout.journalPath, { force: true });
  rmSync(layout.accountsPath, { force: true });
  deleteIdentity(layout);
  await emptyNode(options.rootDirectory);
}

function reboot({ rebootCommand, logger }: AgentOptions): void {
  if (rebootCommand === null) {
    logger.error({}, "The server asks for a reboot, but no reboot command is configured.");
    return;
  }
  logger.warn({ rebootCommand }, "Rebooting, as the server asks.");
  Bun.spawn(["/bin/sh", "-c", rebootCommand], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
    detached: true,
  }).unref();
}
