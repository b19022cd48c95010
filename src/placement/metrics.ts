import type { NodeNumber } from "../model/id.ts";
import type { Candidate } from "./candidate.ts";
import {
  type Exclusion,
  type ExclusionCode,
  type ExclusionCount,
  NODES_NAMED_MAX,
  stageOf,
} from "./exclusion.ts";
import type { NodeScore } from "./scores.ts";

/** Best nodes whose scores are kept of a placement. */
const SCORES_MAX = 5;

export interface ScoredNode {
  readonly node: NodeNumber;
  readonly score: NodeScore;
}

/** How a placement came about, or why there is none (Nomad's placement metrics). */
export interface PlacementMetrics {
  /** Of the job's pool and datacenters, as far as they were looked at. */
  readonly nodesEvaluated: number;
  /** Not good enough: drivers, constraints. */
  readonly nodesFiltered: number;
  /** Good enough, without room. */
  readonly nodesExhausted: number;
  /** Of another pool or datacenter. */
  readonly nodesOutside: number;
  /** Most nodes first, then the lowest node. */
  readonly exclusions: readonly ExclusionCount[];
  /** By node class, of nodes that have one. */
  readonly classFiltered: Readonly<Record<string, number>>;
  readonly classExhausted: Readonly<Record<string, number>>;
  /** Best first, SCORES_MAX at most. */
  readonly scores: readonly ScoredNode[];
}

interface Count extends Exclusion {
  nodeCount: number;
  readonly nodes: NodeNumber[];
}

export class MetricsCollector {
  /** By code, then by label. */
  readonly #counts = new Map<ExclusionCode, Map<string, Count>>();
  readonly #totals = { outside: 0, filtered: 0, exhausted: 0 };
  readonly #classes = {
    outside: new Map<string, number>(),
    filtered: new Map<string, number>(),
    exhausted: new Map<string, number>(),
  };
  readonly #scores: ScoredNode[] = [];

  excluded(candidate: Candidate, { code, label }: Exclusion): void {
    const stage = stageOf(code);
    this.#totals[stage] += 1;
    const { nodeClass } = candidate.traits;
    if (nodeClass !== "") {
      const classes = this.#classes[stage];
      classes.set(nodeClass, (classes.get(nodeClass) ?? 0) + 1);
    }
    let labels = this.#counts.get(code);
    if (labels === undefined) {
      labels = new Map();
      this.#counts.set(code, labels);
    }
    let count = labels.get(label);
    if (count === undefined) {
      count = { code, label, nodeCount: 0, nodes: [] };
      labels.set(label, count);
    }
    count.nodeCount += 1;
    count.nodes.push(candidate.node);
  }

  scored(node: NodeNumber, score: NodeScore): void {
    this.#scores.push({ node, score });
  }

  result(): PlacementMetrics {
    const { outside, filtered, exhausted } = this.#totals;
    return {
      nodesEvaluated: filtered + exhausted + this.#scores.length,
      nodesFiltered: filtered,
      nodesExhausted: exhausted,
      nodesOutside: outside,
      exclusions: this.#exclusions(),
      classFiltered: Object.fromEntries(this.#classes.filtered),
      classExhausted: Object.fromEntries(this.#classes.exhausted),
      scores: this.#scores
        .toSorted((a, b) => b.score.final - a.score.final || a.node - b.node)
        .slice(0, SCORES_MAX),
    };
  }

  /** In one order, in whichever the nodes were looked at: who asks twice gets the same answer. */
  #exclusions(): ExclusionCount[] {
    return [...this.#counts.values()]
      .flatMap((labels) => [...labels.values()])
      .map((count) => ({
        ...count,
        nodes: count.nodes.toSorted((a, b) => a - b).slice(0, NODES_NAMED_MAX),
      }))
      .sort((a, b) => b.nodeCount - a.nodeCount || (a.nodes[0] ?? 0) - (b.nodes[0] ?? 0));
  }
}
