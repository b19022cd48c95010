/** What became of the execution that a new one replaces. */
export interface PreviousPlacement<Node> {
  readonly status: "pending" | "running" | "complete" | "failed" | "lost" | "unknown";
  readonly node: Node;
  /** Nodes of the failures before it (its reschedule history). */
  readonly eventNodes: readonly Node[];
}

/** Nodes to be avoided if others will do: where it failed, not where its node was lost. Null: it replaces nothing. */
export function penaltyNodes<Node>(previous: PreviousPlacement<Node> | null): ReadonlySet<Node> {
  if (previous === null) return new Set();
  const failedOn = previous.status === "failed" ? [previous.node] : [];
  return new Set([...previous.eventNodes, ...failedOn]);
}
