import type { DocumentEvent, EventRecord, ExecNote } from "../../model/event.ts";
import type { EventSequence } from "../../model/id.ts";
import type { Store } from "../../store/store.ts";

const PAGE = 1_000;

/** Commands of which up to that event only the beginning is on record: their server ended before they did. */
export async function readOpenNotes(
  store: Pick<Store, "readEvents">,
  upTo: EventSequence,
): Promise<ExecNote[]> {
  const open = new Map<string, ExecNote>();
  const types = ["ExecStartEvent", "ExecEndEvent"] as const;
  for (let after = 0, isMore = true; isMore; ) {
    const events = await store.readEvents(after, { types }, PAGE);
    for (const event of events) {
      after = event.sequence;
      if (event.sequence > upTo || !isDocument(event)) continue;
      const note = noteOf(event);
      if (event.type === "ExecStartEvent") open.set(note.sessionId, note);
      else open.delete(note.sessionId);
    }
    isMore = events.length === PAGE && after < upTo;
  }
  return [...open.values()];
}

/** Puts the end of such a command on record. */
export function endOfOpen(note: ExecNote, now: number): ExecNote {
  const reason =
    "The server ended before the command; it was ended with its connection, when and how is not known.";
  return { ...note, end: { endedAt: now, exitCode: null, reason } };
}

function isDocument(event: EventRecord): event is DocumentEvent {
  return "body" in event;
}

/** What emitExec made of a note. */
interface ExecBody {
  readonly jobId: string;
  readonly taskId: string;
  readonly execution: number;
  readonly member?: string;
  readonly nodeInfo: { readonly poolId: string; readonly nodeId: string };
  readonly sessionId: string;
  readonly user: string;
  readonly command: readonly string[];
  readonly terminal: boolean;
  readonly executionInfo: { readonly startTime: string };
}

function noteOf({ body }: DocumentEvent): ExecNote {
  const { nodeInfo, member, terminal, executionInfo, ...same } = body as unknown as ExecBody;
  const { jobId, taskId, execution, sessionId, user, command } = same;
  return {
    ...{ jobId, taskId, execution, sessionId, user, command },
    ...nodeInfo,
    member: member ?? null,
    hasTerminal: terminal,
    startedAt: Date.parse(executionInfo.startTime),
    end: null,
  };
}
