import type { ExecutionNumber } from "../../model/id.ts";
import type { NodeFacts } from "../../model/node.ts";
import type { HeldExecution, NodeOrder, NodeReport } from "../../model/order.ts";
import type { ExecInput, ExecOrder, ExecOutput } from "./exec.ts";

/**
 * The conversation of server and agent, JSON text frames over one WebSocket. Raised when a field changes its meaning;
 * an agent of another version is told to upgrade.
 */
export const NODE_PROTOCOL_VERSION = 1;

export type { NodeOrder, NodeReport };

/** First frame of a node. */
export interface HelloFrame {
  readonly type: "hello";
  readonly protocol: number;
  readonly guid: string;
  /** Signature over the nonce of the challenge. */
  readonly signature: string;
  readonly linkId: string;
  readonly bootId: string;
  readonly nodeName: string;
  /** Pool wished at the first join; the join token's pool wins. */
  readonly slots: number;
  readonly facts: NodeFacts;
  /** Whether it runs commands of people inside executions; absent: an agent that is older than they are. */
  readonly runsCommands?: boolean;
  /** Everything in the node's journal that the server has not acknowledged the end of. */
  readonly held: readonly HeldExecution[];
}

/** First frame of the server: sign this. */
export interface ChallengeFrame {
  readonly type: "challenge";
  readonly nonce: string;
}

/** The server's answer to hello. */
export interface WelcomeFrame {
  readonly type: "welcome";
  /** Leader's epoch; the node refuses a lower one from then on. */
  readonly epoch: number;
  readonly session: string;
  /** Reports of this link up to here are in the store. */
  readonly lastApplied: number;
  readonly heartbeatIntervalMs: number;
  readonly nodeId: string;
  readonly poolId: string;
  /** Whether it answers `script` frames; absent: a server that is older than they are, which is asked over HTTP. */
  readonly givesScripts?: boolean;
}

/** The server will not have it: code and a line for the agent's log. */
export interface RefusedFrame {
  readonly type: "refused";
  readonly code: "UnknownNode" | "KeyConflict" | "BadSignature" | "ProtocolVersion" | "KeyRevoked";
  readonly message: string;
}

/** Numbered messages in one direction; also the acknowledgement and the heartbeat (empty `messages`). */
export interface BatchFrame<Message> {
  readonly type: "batch";
  /** Server frames: the leader's epoch. Node frames: 0. */
  readonly epoch: number;
  /** Number of the first message; the next number when there is none. */
  readonly first: number;
  readonly messages: readonly Message[];
  /** Everything up to this number of the other side's messages has been applied durably. */
  readonly acknowledged: number;
}

/** Questions of the server that leave no trace: files and their content. Answered by `reply` of the same id. */
export interface AskFrame {
  readonly type: "ask";
  readonly id: number;
  readonly question: NodeQuestion;
}

export type NodeQuestion =
  /** Files below the node's root; `path` is relative to it, `/`-separated, "" is the root. */
  | { readonly kind: "list"; readonly path: string; readonly recursive: boolean }
  | { readonly kind: "stat"; readonly path: string }
  /**
   * Bytes from `offset`, at most `maxBytes`. When there are none yet and `waitMs` is above 0, waits until some are
   * there, the execution has ended, or the time is over.
   */
  | {
      readonly kind: "read";
      readonly path: string;
      readonly offset: number;
      readonly maxBytes: number;
      readonly waitMs: number;
      /** The execution whose output is followed; null: a plain file. */
      readonly follow: ExecutionNumber | null;
    };

export interface NodeFile {
  /** Relative to the node's root. */
  readonly path: string;
  readonly isDirectory: boolean;
  readonly sizeBytes: number;
  readonly modifiedAt: number;
}

export type NodeAnswer =
  | { readonly kind: "files"; readonly files: readonly NodeFile[]; readonly truncated: boolean }
  | { readonly kind: "file"; readonly file: NodeFile }
  | {
      readonly kind: "bytes";
      readonly base64: string;
      readonly offset: number;
      /** Size of the file now. */
      readonly sizeBytes: number;
      /** Nothing will be added (any more): the execution has ended, or it is a plain file. */
      readonly final: boolean;
    }
  | {
      readonly kind: "error";
      readonly code: "PathNotFound" | "PathRefused" | "NotAFile" | "ReadFailed";
      readonly message: string;
    };

export interface ReplyFrame {
  readonly type: "reply";
  readonly id: number;
  readonly answer: NodeAnswer;
}

/** Of a command that somebody runs inside an execution; its bytes are binary frames (encodeExecBytes). */
export interface ExecInputFrame {
  readonly type: "exec";
  /** Given by the server, from 1 on each connection. */
  readonly session: number;
  /** `open` is the first. */
  readonly input: { readonly kind: "open"; readonly order: ExecOrder } | ExecInput;
}

export interface ExecOutputFrame {
  readonly type: "exec";
  readonly session: number;
  readonly output: ExecOutput;
}

/**
 * Asks for the script of a fleet execution that is the node's own and has not ended. Nothing of it is kept: a node that has
 * no answer asks anew, under another id.
 */
export interface ScriptAskFrame {
  readonly type: "script";
  /** Given by the node, never twice in its life: an answer is to its own question, so that the time in it came later. */
  readonly id: number;
  readonly execution: ExecutionNumber;
}

export interface ScriptAnswerFrame {
  readonly type: "script";
  readonly id: number;
  /** When it was answered, as in SERVER_TIME_HEADER. */
  readonly serverTime: number;
  readonly answer: ScriptAnswer;
}

export type ScriptAnswer =
  | {
      readonly kind: "given";
      /** As it is stored. */
      readonly base64: string;
      /** As in FILE_TOKENS_HEADER. */
      readonly fileTokens: Readonly<Record<string, string>>;
    }
  /** It is larger than SCRIPT_FRAME_MAX_BYTES: to be had at NODE_SCRIPT_PATH. */
  | { readonly kind: "large" }
  | {
      readonly kind: "refused";
      readonly code: "ExecutionNotFound" | "ScriptNotFound" | "ScriptNotRead";
      /** Asked later it may be given. */
      readonly isPassing: boolean;
    };

/**
 * What goes over the link at most: 5,000 nodes that ask at once and read nothing hold about 100 MB of answers in the
 * server, and a slow link is not kept from orders and heartbeats for long. Most scripts are a fraction of it.
 */
export const SCRIPT_FRAME_MAX_BYTES = 16 * 1024;

export type ServerFrame =
  | ChallengeFrame
  | WelcomeFrame
  | RefusedFrame
  | BatchFrame<NodeOrder>
  | AskFrame
  | ExecInputFrame
  | ScriptAnswerFrame;
export type NodeFrame =
  | HelloFrame
  | BatchFrame<NodeReport>
  | ReplyFrame
  | ExecOutputFrame
  | ScriptAskFrame;

/** `POST /api/v1/nodes/join` body: a new node shows its join token and its public key. */
export interface JoinRequest {
  readonly joinToken: string;
  /** The pool that the machine is meant for; absent: the token's, whichever that is. */
  readonly poolId?: string;
  readonly guid: string;
  /** Ed25519, raw, base64. */
  readonly publicKey: string;
  readonly nodeName: string;
  readonly slots: number;
  readonly facts: NodeFacts;
}

export interface JoinAnswer {
  readonly nodeId: string;
  readonly poolId: string;
}

/** Path of the agents' WebSocket. */
export const NODE_LINK_PATH = "/api/v1/nodes/link";
/**
 * `PUT {NODE_OUTPUT_PATH}/EXECUTION/stdout|stderr`: upload of larger output, with header
 * `Authorization: Node GUID:TIMESTAMP:SIGNATURE` (Ed25519 over `GUID:TIMESTAMP:METHOD:PATH`).
 */
export const NODE_OUTPUT_PATH = "/api/v1/nodes/outputs";
/** `GET {NODE_FILE_PATH}/PATH`: a file of the server's file store as a resource file; same header. */
export const NODE_FILE_PATH = "/api/v1/nodes/files";
/**
 * `GET {NODE_SCRIPT_PATH}/EXECUTION`: the script of a fleet execution that is the node's own and has not ended, as it is
 * stored; same header.
 */
export const NODE_SCRIPT_PATH = "/api/v1/nodes/scripts";
/**
 * In the answers to all of these, refusals included: the server's time in milliseconds since 1970, by which `startBefore` is meant. No
 * clock of a node has to be right for it.
 */
export const SERVER_TIME_HEADER = "stint-time";
/** Beside a script: a JSON object of the execution's file tokens, by the key of the reserved word, as `FILE_TOKEN/10M`. */
export const FILE_TOKENS_HEADER = "stint-file-tokens";
