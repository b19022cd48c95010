import { foldId } from "../../model/id.ts";
import {
  type HelloFrame,
  NODE_PROTOCOL_VERSION,
  type RefusedFrame,
} from "../../protocol/node/message.ts";
import { heldExecutions, phaseOf } from "../core/held.ts";
import { dataLayout } from "../directories.ts";
import type { AgentExecSessions } from "../exec/sessions.ts";
import { nodeFacts } from "../facts.ts";
import { answerQuestion } from "../files/answer.ts";
import { storeIdentity } from "../identity.ts";
import type { LifeParts } from "../lifeParts.ts";
import type { AgentEnd, AgentOptions } from "../options.ts";
import { joinServer } from "./join.ts";
import { Link } from "./link.ts";

/** The link of a node to its server, which is not open yet. */
export function newNodeLink(parts: LifeParts, execs: AgentExecSessions): Link {
  const { options, key, machine, loop, tools, onEnd } = parts;
  const { serverUrl, logger, rootDirectory } = options;
  const isLive = (execution: number) => {
    const phase = phaseOf(machine, execution);
    return phase !== null && phase !== "ended";
  };
  const link: Link = new Link({
    serverUrl,
    logger,
    hello: async ({ nonce }) => newHello(parts, await key.sign(nonce)),
    onWelcome(frame) {
      const isMeant = options.poolId === null || foldId(options.poolId) === foldId(frame.poolId);
      if (!isMeant) {
        onEnd({ reason: "refused", message: wrongPool(options, frame.poolId) });
        return;
      }
      logger.info({ nodeId: frame.nodeId, poolId: frame.poolId }, "Connected to the server.");
      if (frame.givesScripts === true) tools.scriptAsks.connected((ask) => link.sendOnce(ask));
      loop.push({ input: "welcome", frame });
    },
    onFrame: (frame) => loop.push({ input: "frame", frame }),
    onAsk({ id, question }) {
      void answerQuestion(question, { rootDirectory, isLive }).then((answer) =>
        link.sendOnce({ type: "reply", id, answer }),
      );
    },
    onExec: (frame) => execs.received(frame),
    onScript: (frame) => tools.scriptAsks.received(frame),
    onExecBytes: (bytes) => execs.receivedBytes(bytes),
    onDisconnected() {
      execs.disconnected();
      tools.scriptAsks.disconnected();
      loop.push({ input: "disconnected" });
    },
    onRefused: (frame) => onRefused(frame, options, onEnd),
    onHeartbeat: () => loop.heartbeat(),
  });
  return link;
}

async function newHello(parts: LifeParts, signature: string): Promise<HelloFrame> {
  const { options, bootId, key, machine, loop, tools } = parts;
  const host = await tools.fingerprint.refresh();
  return {
    type: "hello",
    protocol: NODE_PROTOCOL_VERSION,
    guid: key.identity.guid,
    signature,
    linkId: machine.linkId,
    bootId,
    nodeName: options.name,
    slots: options.slots,
    facts: nodeFacts(options.version, options.rebootCommand !== null, host),
    runsCommands: true,
    held: await loop.whenFlushed(() => heldExecutions(machine)),
  };
}

/** Whether to go on trying. */
function onRefused(
  { code, message }: RefusedFrame,
  { logger, dataDirectory }: AgentOptions,
  onEnd: (end: AgentEnd) => void,
): boolean {
  switch (code) {
    // The server does not know the node: it stops everything and joins anew (settle table).
    case "UnknownNode":
      logger.warn({ code }, message);
      onEnd({ reason: "left" });
      return false;
    // The other session may be this node's own, not yet missed; another version may be a leader about to change.
    case "KeyConflict":
    case "ProtocolVersion":
      return true;
    case "BadSignature":
    case "KeyRevoked": {
      const fix = `Move ${dataDirectory} away and start the agent with a join token: it joins as a new node.`;
      onEnd({
        reason: "refused",
        message: `The server refused this node (${code}): ${message} ${fix}`,
      });
      return false;
    }
  }
}

function wrongPool({ dataDirectory, poolId }: AgentOptions, given: string): string {
  return (
    `Expected the node in ${dataDirectory} to be in the pool ${poolId}, and it joined ${given}. ` +
    `Give --pool ${given} or none; or delete the node and join anew with a token of ${poolId}.`
  );
}

function tokenMissing({ dataDirectory, serverUrl }: AgentOptions): string {
  return (
    `Expected a join token, as the node in ${dataDirectory} has not joined ${serverUrl} yet, got none. ` +
    "Give --join-token-file FILE or STINT_JOIN_TOKEN; `stint node jointoken POOL` makes one."
  );
}

/** Joins if that was not done yet, then opens the link. Null, or why the node is not wanted. */
export async function connect(
  { options, key, signal, tools }: LifeParts,
  link: Link,
): Promise<AgentEnd | null> {
  const { joinToken, tokenSource, poolId, serverUrl, name, slots, logger, version } = options;
  if (!key.identity.joined) {
    if (joinToken === null) return { reason: "refused", message: tokenMissing(options) };
    const host = await tools.fingerprint.refresh();
    const facts = nodeFacts(version, options.rebootCommand !== null, host);
    const outcome = await joinServer(key.identity, {
      serverUrl,
      joinToken,
      tokenSource,
      poolId,
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
