import { planRun } from "../../fleet/instances/planRun.ts";
import type { TargetPlan } from "../../fleet/instances/targetPlan.ts";
import type { DefinitionRecord } from "../../model/fleet/definition.ts";
import { replaceReservedWords } from "../../model/fleet/reservedWords.ts";
import { batchSizes, type RollingPolicy } from "../../model/fleet/rolling.ts";
import type { Caller, ServerContext } from "../routes/context.ts";
import { refuse } from "../routes/refusal.ts";
import { rollingPolicyView } from "../views/rolling.ts";
import { rollingOf } from "./definitionBodies.ts";
import { readScript } from "./scripts.ts";

/** Scripts are shown for so many nodes; all would be as many copies. */
const SCRIPTS_SHOWN_MAX = 20;

interface PlannedRun {
  /** Absent: all targets. */
  readonly nodeId?: string | string[] | undefined;
  /** Absent: the definition's own batches. */
  readonly batch?: string | undefined;
  readonly canary?: string | undefined;
}

/** What a run would do now: nothing is executed (OPMATE 11, dry run). */
export async function runPlan(
  context: ServerContext,
  definition: DefinitionRecord,
  { nodeId: picked, batch, canary }: PlannedRun,
  caller: Caller | null,
) {
  if (caller === null)
    throw refuse("AuthenticationFailed", "Nobody is logged in.", "Log in first.");
  const { fleet } = context;
  const nodeIds = picked === undefined ? null : [picked].flat();
  const rolling = rollingOf(batch === undefined ? undefined : { batch, canary });
  const { revision, refusals, plan } = planRun(
    fleet.state,
    fleet.world,
    definition,
    nodeIds,
    caller.actor,
  );
  const content = fleet.state.revisions.get(definition.number)?.content ?? definition.working;
  const script = await readScript(context, content.script.sha256);
  const nodes = plan.targets.map(({ nodeId, attributes }, index) => {
    const shown = index < SCRIPTS_SHOWN_MAX && script !== null;
    const text = shown ? replaceReservedWords(script, (key) => attributes[key] ?? null) : null;
    return {
      nodeId,
      attributes: { ...attributes },
      ...(text === null ? {} : { script: Buffer.from(text, "latin1").toString("utf8") }),
    };
  });
  return {
    isPermitted: refusals.length === 0,
    refusals: refusals.map(({ code, message, fix }) => ({ code, message, fix })),
    revision,
    nodes,
    left: [...plan.left],
    problems: [...plan.problems],
    ...batchesOf(rolling ?? content.rolling, plan.targets),
  };
}

/** Nothing for a run that does not roll. */
function batchesOf(rolling: RollingPolicy | null, targets: TargetPlan["targets"]) {
  if (rolling === null) return {};
  let next = 0;
  const batches = batchSizes(rolling, targets.length).map((size, index) => {
    const nodeIds = targets.slice(next, next + size).map(({ nodeId }) => nodeId);
    next += size;
    return { isCanary: index === 0 && rolling.canary !== null, nodeIds };
  });
  return { rolling: rollingPolicyView(rolling), batches };
}
