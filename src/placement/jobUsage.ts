import type { ExecutionNumber, NodeNumber } from "../model/id.ts";
import type { NodeTraits } from "../model/placementSpec.ts";
import { resolveTarget } from "./target.ts";

interface Entry {
  readonly group: string;
  readonly node: NodeNumber;
  readonly traits: NodeTraits;
}

const NOBODY: ReadonlyMap<string, number> = new Map();

/**
 * Where the live executions of one job are: what distinct_hosts, distinct_property, anti-affinity and spreads look at.
 * Kept up to date with each execution, so that no placement counts them anew. "Live" is for the caller to say: not ended
 * and not about to be stopped.
 */
export class JobUsage {
  readonly #entries = new Map<ExecutionNumber, Entry>();
  readonly #nodes = new Map<NodeNumber, Map<string, number>>();
  /** By group (null: the whole job), then by property; filled when first asked for. */
  readonly #properties = new Map<string | null, Map<string, Map<string, number>>>();

  get size(): number {
    return this.#entries.size;
  }

  /** A second time with the same execution moves it. */
  add(execution: ExecutionNumber, group: string, node: NodeNumber, traits: NodeTraits): void {
    this.remove(execution);
    const entry = { group, node, traits };
    this.#entries.set(execution, entry);
    let groups = this.#nodes.get(node);
    if (groups === undefined) {
      groups = new Map();
      this.#nodes.set(node, groups);
    }
    change(groups, group, 1);
    this.#count(entry, 1);
  }

  /** Nothing happens when it is not there. */
  remove(execution: ExecutionNumber): void {
    const entry = this.#entries.get(execution);
    if (entry === undefined) return;
    this.#entries.delete(execution);
    const groups = this.#nodes.get(entry.node);
    if (groups !== undefined) {
      change(groups, entry.group, -1);
      if (groups.size === 0) this.#nodes.delete(entry.node);
    }
    this.#count(entry, -1);
  }

  #count(entry: Entry, by: number): void {
    for (const group of [null, entry.group]) {
      for (const [attribute, counts] of this.#properties.get(group) ?? []) {
        const value = resolveTarget(attribute, entry.traits);
        if (value !== null) change(counts, value, by);
      }
    }
  }

  /** Whether any execution of the job is on the node. */
  isOn(node: NodeNumber): boolean {
    return this.#nodes.has(node);
  }

  /** Executions of the group on the node. */
  countOn(node: NodeNumber, group: string): number {
    return this.#nodes.get(node)?.get(group) ?? 0;
  }

  /** Executions per value of a property (`${...}`), of one group or, with null, of the whole job. No value has 0. */
  byProperty(attribute: string, group: string | null): ReadonlyMap<string, number> {
    if (this.#entries.size === 0) return NOBODY;
    let properties = this.#properties.get(group);
    if (properties === undefined) {
      properties = new Map();
      this.#properties.set(group, properties);
    }
    let counts = properties.get(attribute);
    if (counts === undefined) {
      counts = new Map();
      for (const entry of this.#entries.values()) {
        if (group !== null && entry.group !== group) continue;
        const value = resolveTarget(attribute, entry.traits);
        if (value !== null) change(counts, value, 1);
      }
      properties.set(attribute, counts);
    }
    return counts;
  }

  /** One of its own, to try things out on. */
  copy(): JobUsage {
    const copy = new JobUsage();
    for (const [execution, { group, node, traits }] of this.#entries) {
      copy.add(execution, group, node, traits);
    }
    return copy;
  }
}

function change(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
