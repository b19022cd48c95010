import { counted } from "../../model/counted.ts";
import type { ExclusionCount } from "../../placement/exclusion.ts";
import type { PlacementMetrics } from "../../placement/metrics.ts";
import type { Engine } from "../state.ts";

/** Why no node was found, in sentences (Nomad's placement metrics). */
export function nowhereReasons(engine: Engine, metrics: PlacementMetrics): readonly string[] {
  const { exclusions, nodesEvaluated, nodesOutside } = metrics;
  if (nodesEvaluated + nodesOutside === 0) {
    return ["No node of the pool takes groups now: none is ready and eligible."];
  }
  return exclusions.map((exclusion) => sentence(engine, exclusion));
}

const NAMES_MAX = 3;

function sentence(engine: Engine, { code, label, nodeCount, nodes }: ExclusionCount): string {
  const names = nodes
    .slice(0, NAMES_MAX)
    .map((number) => engine.nodes.get(number)?.record.id ?? String(number));
  const more = nodeCount > NAMES_MAX ? ", ..." : "";
  const who = `${counted(nodeCount, "node")} (${names.join(", ")}${more})`;
  switch (code) {
    case "pool":
      return `${who} excluded by pool "${label}".`;
    case "datacenter":
      return `${who} excluded: in datacenter "${label}".`;
    case "driver":
      return `${who} excluded by driver: ${label}.`;
    case "constraint":
    case "volumes":
    case "distinctHosts":
    case "distinctProperty":
      return `Constraint "${label}" excluded ${who}.`;
    case "ports":
    case "cores":
    case "cpu":
    case "memory":
    case "disk":
      return `Resources exhausted on ${who}: ${label}.`;
  }
}
