import type { BatchFrame } from "./message.ts";

/** Frames are resent when nothing was acknowledged for this long. */
export const RESEND_AFTER_MS = 2_000;
/** Messages in one frame; larger backlogs go in several. */
export const FRAME_MESSAGES_MAX = 512;

/**
 * One direction's sending side: numbers messages, keeps them until they are acknowledged, and sends them again
 * from the oldest when an acknowledgement is overdue (go-back-N). It holds no clock: callers pass the time.
 */
export interface Outbox<Message> {
  /** Number of the oldest message kept. */
  first: number;
  messages: Message[];
  /** Number of the next message to send for the first time. */
  next: number;
  /** When the oldest unacknowledged message was last sent; 0 when everything is acknowledged. */
  sentAt: number;
}

export function newOutbox<Message>(lastAcknowledged = 0): Outbox<Message> {
  return { first: lastAcknowledged + 1, messages: [], next: lastAcknowledged + 1, sentAt: 0 };
}

/** Queues a message and returns its number. */
export function enqueue<Message>(outbox: Outbox<Message>, message: Message): number {
  outbox.messages.push(message);
  return outbox.first + outbox.messages.length - 1;
}

/** Drops what the other side has; an acknowledgement of what is gone already does nothing. */
export function acknowledge<Message>(
  outbox: Outbox<Message>,
  upTo: number,
  now: number,
): Message[] {
  const count = Math.min(upTo - outbox.first + 1, outbox.messages.length);
  if (count <= 0) return [];
  const dropped = outbox.messages.splice(0, count);
  outbox.first += count;
  outbox.next = Math.max(outbox.next, outbox.first);
  outbox.sentAt = outbox.next > outbox.first ? now : 0;
  return dropped;
}

/** Whether an acknowledgement should have come by now. */
export function isOverdue<Message>(outbox: Outbox<Message>, now: number): boolean {
  return outbox.next > outbox.first && now - outbox.sentAt >= RESEND_AFTER_MS;
}

/** The next frame's messages: new ones, or everything again when the acknowledgement is overdue. */
export function takeMessages<Message>(
  outbox: Outbox<Message>,
  now: number,
): { first: number; messages: Message[] } {
  if (isOverdue(outbox, now)) outbox.next = outbox.first;
  const from = outbox.next - outbox.first;
  const messages = outbox.messages.slice(from, from + FRAME_MESSAGES_MAX);
  const first = outbox.next;
  if (messages.length > 0) {
    if (from === 0) outbox.sentAt = now;
    outbox.next += messages.length;
  }
  return { first, messages };
}

/** Whether takeMessages would return something. */
export function hasMessages<Message>(outbox: Outbox<Message>, now: number): boolean {
  if (outbox.next < outbox.first + outbox.messages.length) return true;
  return isOverdue(outbox, now);
}

/** After a reconnect: everything not acknowledged goes again. */
export function rewind<Message>(outbox: Outbox<Message>): void {
  outbox.next = outbox.first;
  outbox.sentAt = 0;
}

/** The messages of a frame that are new to a receiver which has applied everything up to `lastApplied`. */
export function freshMessages<Message>(
  frame: BatchFrame<Message>,
  lastApplied: number,
): readonly Message[] {
  if (frame.first > lastApplied + 1) return [];
  return frame.messages.slice(lastApplied + 1 - frame.first);
}
