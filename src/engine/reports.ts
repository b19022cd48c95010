import type { ExecutionResult } from "../model/execution.ts";
import type { NodeReport } from "../model/order.ts";
import { allocationReported } from "./groups/health.ts";
import type { NodeInput } from "./input.ts";
import { clampEnd } from "./preparation.ts";
import { preparationEnded } from "./preparationEnd.ts";
import { effect, saveExecution, saveNodeJob, saveNodeProgress } from "./record.ts";
import { releaseEnded } from "./release.ts";
import { removalConfirmed } from "./removal.ts";
import { type Engine, type LiveSpecial, mustHave, type Node } from "./state.ts";
import { executionEnded, executionLost } from "./taskEnd.ts";

type Reports = NodeInput & { kind: "nodeReports" };

/**
 * What a node reports, in order. A report of an execution that is not current any more is ignored, but acknowledged:
 * results count once. Reports that follow others which never arrived here are left out, or those would be acknowledged
 * with them: inputs that waited while a commit failed come after a restore that does not know of it.
 */
export function nodeReports(engine: Engine, input: Reports): void {
  const node = engine.nodes.get(input.node);
  if (node === undefined || node.progress.linkId !== input.linkId) return;
  const { linkId, upTo, reports } = input;
  const known = node.progress.lastApplied - (upTo - reports.length);
  if (known < 0) return;
  for (const report of reports.slice(known)) applyReport(engine, node, report);
  node.progress.lastApplied = Math.max(node.progress.lastApplied, upTo);
  saveNodeProgress(engine, node);
  effect(engine, {
    effect: "acknowledge",
    node: input.node,
    linkId,
    upTo: node.progress.lastApplied,
  });
}

function applyReport(engine: Engine, node: Node, report: NodeReport): void {
  switch (report.kind) {
    case "accepted":
      begun(engine, node, report.execution, null);
      return;
    case "started":
      begun(engine, node, report.execution, report.startedAt);
      return;
    case "allocation":
      allocationReported(engine, node, report.execution, report.state);
      return;
    case "ended":
      ended(engine, node, report.execution, report.result);
      return;
    case "missing":
      missing(engine, node, report.execution);
      return;
    case "removed":
      removalConfirmed(engine, report.removal);
      return;
  }
}

function begun(engine: Engine, node: Node, execution: number, startedAt: number | null): void {
  const live = engine.executions.get(execution);
  if (live?.execution.nodes.includes(node.record.number)) {
    if (live.execution.state === "assigned") live.execution.state = "running";
    if (startedAt !== null) {
      live.execution.startedAt = clampEnd(engine, live.execution.assignedAt, startedAt);
    }
    saveExecution(engine, live);
    return;
  }
  const special = engine.specials.get(execution);
  if (special?.node === node) specialBegun(engine, special, startedAt);
}

function specialBegun(engine: Engine, special: LiveSpecial, startedAt: number | null): void {
  const nodeJob = mustHave(special.node.jobs, special.job.record.number, "node job");
  const instance = nodeJob[special.kind];
  if (instance?.state !== "running") return;
  nodeJob[special.kind] = {
    ...instance,
    accepted: true,
    startedAt:
      instance.startedAt ??
      (startedAt === null ? null : clampEnd(engine, instance.assignedAt, startedAt)),
  };
  saveNodeJob(engine, nodeJob);
}

function ended(engine: Engine, node: Node, execution: number, result: ExecutionResult): void {
  const live = engine.executions.get(execution);
  if (live?.execution.nodes.includes(node.record.number)) {
    executionEnded(engine, live, result);
    return;
  }
  const special = engine.specials.get(execution);
  if (special === undefined || special.node !== node) return;
  if (special.kind === "preparation") preparationEnded(engine, special.job, node, result);
  else releaseEnded(engine, special.job, node, result);
}

/** The node finished it long ago and knows no more: nobody will ever know how. */
function missing(engine: Engine, node: Node, execution: number): void {
  const live = engine.executions.get(execution);
  if (live?.execution.nodes.includes(node.record.number) === true) {
    executionLost(engine, live, `Node ${node.record.id} has lost track of the execution`);
    return;
  }
  const special = engine.specials.get(execution);
  if (special?.node !== node) return;
  const nothing = { sizeBytes: 0, droppedBytes: 0, place: { kind: "empty" } } as const;
  ended(engine, node, execution, {
    processes: [],
    outcome: { state: "unseen" },
    startedAt: null,
    endedAt: engine.now,
    stdout: nothing,
    stderr: nothing,
  });
}
