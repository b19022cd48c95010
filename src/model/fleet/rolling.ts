/** Some of a number of nodes: so many, or a share in percent. */
export interface NodeAmount {
  readonly unit: "nodes" | "percent";
  readonly size: number;
}

/** How a run goes over its targets: batch after batch, each in the order of the node ids. */
export interface RollingPolicy {
  /** Nodes at the same time; a share is one of the run's targets. */
  readonly batch: NodeAmount;
  /** A first batch of its own, which is stopped by its first failure; a share of the targets. Null: none. */
  readonly canary: NodeAmount | null;
  /** Between the end of a batch and the next; 0: none; null: until a person resumes the run. */
  readonly pauseMs: number | null;
  /** The n-th failure with which no further node starts; null: it goes on whatever fails. */
  readonly stopAfterFailures: {
    /** A share is one of the batch's nodes. */
    readonly perBatch: NodeAmount | null;
    /** A share is one of the targets. */
    readonly inTotal: NodeAmount | null;
  };
}

export type RollingState =
  /** A batch runs. */
  | { readonly state: "running" }
  /** The batch is over and the next has not begun; until null: a person has to resume it. */
  | { readonly state: "paused"; readonly until: number | null }
  /** Too many nodes have failed; what runs ends, and nothing begins until a person resumes it. */
  | { readonly state: "stopped"; readonly reason: string };

/** How far a rolling run has come. */
export interface RollingProgress {
  readonly policy: RollingPolicy;
  /** Targets of which the shares are. */
  readonly targetCount: number;
  /** The present or last batch, from 1. */
  readonly batch: number;
  /** Nodes that were given to it. */
  readonly batchNodes: number;
  /** Nodes that began or may begin, and have not ended. */
  readonly openNodes: number;
  /** Nodes that no batch has taken yet. */
  readonly heldNodes: number;
  /** Since its batch began, or a person resumed it after a stop. */
  readonly failedInBatch: number;
  /** Since the run began, or a person resumed it after a stop. */
  readonly failedInTotal: number;
  readonly state: RollingState;
}

const AMOUNT = /^([1-9]\d{0,6})(%?)$/;
export const AMOUNT_EXPECTED = "a number of nodes as 5, or a share as 10%, up to 100%";

/** Reads `5` or `10%`; null: it is neither. */
export function parseAmount(text: string): NodeAmount | null {
  const [, digits, sign] = AMOUNT.exec(text) ?? [];
  if (digits === undefined) return null;
  const size = Number(digits);
  if (sign === "") return { unit: "nodes", size };
  return size > 100 ? null : { unit: "percent", size };
}

/** As parseAmount reads it. */
export function amountText({ unit, size }: NodeAmount): string {
  return unit === "percent" ? `${size}%` : String(size);
}

/** Nodes of a batch: a share is rounded down, so that no more run than were asked for, and at least one. */
export function batchSize({ unit, size }: NodeAmount, targetCount: number): number {
  const nodes = unit === "nodes" ? size : Math.floor((targetCount * size) / 100);
  return Math.min(Math.max(1, nodes), targetCount);
}

/** The failure that stops a run: with a share the first one that makes it up, so rounded up. */
export function failureLimit({ unit, size }: NodeAmount, nodeCount: number): number {
  return unit === "nodes" ? size : Math.max(1, Math.ceil((nodeCount * size) / 100));
}

/** Sizes of all batches of a run that nothing stops. */
export function batchSizes({ batch, canary }: RollingPolicy, targetCount: number): number[] {
  const sizes: number[] = [];
  let left = targetCount;
  const take = (amount: NodeAmount): void => {
    const size = Math.min(batchSize(amount, targetCount), left);
    sizes.push(size);
    left -= size;
  };
  if (canary !== null && left > 0) take(canary);
  while (left > 0) take(batch);
  return sizes;
}
