import { formatGoDuration } from "../../model/duration.ts";
import type { RunNode } from "./node.ts";
import type { JobRun } from "./run.ts";

/** Machines go off, or their links do, and come back. */
export function planMachineFailures(run: JobRun): void {
  for (const failure of run.plan.machines) {
    switch (failure.kind) {
      case "node":
      case "link":
        for (const node of run.nodes) recur(run, node, failure);
        break;
      case "nodeOnce":
      case "linkOnce": {
        const kind = failure.kind === "nodeOnce" ? "node" : "link";
        run.agenda.after(failure.atMs, () => {
          for (const node of struck(run, failure.count)) fail(run, node, kind, failure.lengthMs);
        });
      }
    }
  }
}

function recur(
  run: JobRun,
  node: RunNode,
  failure: { readonly kind: "node" | "link"; readonly meanMs: number; readonly repairMs: number },
): void {
  const afterMs = run.random.exponential(failure.meanMs);
  if (afterMs >= run.leftMs) return;
  run.agenda.after(afterMs, () => {
    const repairMs = run.random.exponential(failure.repairMs);
    fail(run, node, failure.kind, repairMs);
    run.agenda.after(repairMs, () => recur(run, node, failure));
  });
}

function fail(run: JobRun, node: RunNode, kind: "node" | "link", lengthMs: number): void {
  const length = formatGoDuration(Math.round(lengthMs / 1_000) * 1_000);
  if (kind === "node") {
    run.timeline.machine(node, "Node down", `The machine goes off for ${length}`);
    node.powerOff();
  } else {
    run.timeline.machine(node, "Node cut off", `Nothing gets through for ${length}`);
    node.unlink();
  }
  run.agenda.after(lengthMs, () => {
    run.timeline.machine(node, "Node back", kind === "node" ? "It starts" : "It connects");
    if (kind === "node") node.powerOn();
    else node.linkSoon();
  });
}

/** Some of those that run something, and others if these are not enough. */
function struck(run: JobRun, count: number): RunNode[] {
  const busy = new Set([...run.engine.executions.values()].map(({ node }) => node.record.id));
  const shuffled = run.nodes
    .map((node) => ({ node, rank: run.random.next() + (busy.has(node.id) ? 0 : 1) }))
    .sort((left, right) => left.rank - right.rank);
  return shuffled.slice(0, count).map(({ node }) => node);
}
