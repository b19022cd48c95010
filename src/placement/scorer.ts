import type { Candidate } from "./candidate.ts";
import { usedWith } from "./feasibility.ts";
import type { PlacementRequest } from "./request.ts";
import {
  affinityScore,
  antiAffinityScore,
  finalScore,
  fitScore,
  type NodeScore,
  type ScoreEntry,
  type ScoreName,
} from "./scores.ts";
import { SpreadScorer } from "./spreadScore.ts";
import { resolveTarget } from "./target.ts";

/** A node that can take the execution. */
export interface Option {
  readonly candidate: Candidate;
  readonly score: NodeScore;
}

const PENALTY = -1;

/** Scores the nodes of one placement. */
export class Scorer {
  readonly #request: PlacementRequest;
  readonly #spreads = new SpreadScorer();

  constructor(request: PlacementRequest) {
    this.#request = request;
  }

  score(candidate: Candidate): NodeScore {
    const { plan, usage, penaltyNodes, algorithm } = this.#request;
    const { node, traits, offered } = candidate;
    const { name, count } = plan.group;
    const entries: ScoreEntry[] = [];
    const add = (entry: ScoreName, value: number | null): void => {
      if (value !== null) entries.push({ name: entry, value });
    };
    add("binpack", fitScore(algorithm, usedWith(plan, candidate), offered));
    add("job-anti-affinity", antiAffinityScore(usage.countOn(node, name), count));
    add("node-reschedule-penalty", penaltyNodes.has(node) ? PENALTY : null);
    add("node-affinity", affinityScore(plan.affinities, traits));
    add(
      "allocation-spread",
      this.#spreads.score(
        plan.spreads,
        (attribute) => (attribute === "" ? null : resolveTarget(attribute, traits)),
        (attribute) => usage.byProperty(attribute, name),
      ),
    );
    return { entries, final: finalScore(entries) };
  }
}
