import { setLife } from "./nodeOrders.ts";
import { wakePool } from "./ring.ts";
import type { Engine, Node } from "./state.ts";

/** A node that was told to reboot is back with another boot id, or has not done it in time. */

const FAILURE = "RebootFailed";

/** The node works again. */
export function endReboot(engine: Engine, node: Node): void {
  const { record } = node;
  record.orderIssued = false;
  record.option = null;
  record.rebootBy = null;
  setLife(engine, node, "joined");
  engine.unsettledNodes.add(record.number);
  wakePool(engine, record.pool);
}

/**
 * The time is over, and the node is there as it was: it works on, and says that it has not rebooted. One that is away may
 * be about to; it is looked at when it connects.
 */
export function checkReboot(engine: Engine, node: Node): void {
  const { record } = node;
  if (record.life !== "rebooting" || record.rebootBy === null) return;
  if (record.rebootBy > engine.now || record.contact !== "connected") return;
  record.errors = [...record.errors, { code: FAILURE, message: failureMessage(engine, node) }];
  endReboot(engine, node);
}

/** Nothing is left of a reboot that failed before. The caller saves the node. */
export function forgetRebootFailure({ record }: Node): void {
  if (record.errors.length === 0) return;
  record.errors = record.errors.filter(({ code }) => code !== FAILURE);
}

function failureMessage({ settings }: Engine, { record }: Node): string {
  const place = record.provided
    ? "See the server's log."
    : "See what its rebootCommand does, and its agent's log.";
  return `Node ${record.id} was told to reboot and did not within ${inWords(settings.rebootTimeoutMs)}, so it works on. ${place}`;
}

const MINUTE_MS = 60_000;

function inWords(durationMs: number): string {
  return durationMs < MINUTE_MS ? `${durationMs / 1000} s` : `${durationMs / MINUTE_MS} min`;
}
