/** Where executions of a group may and should run (Nomad `constraint`, `affinity`, `spread`). */

/** Left and right side may be `${...}` targets that each node resolves for itself. */
export interface ConstraintSpec {
  /** Left side; "" for distinct_hosts. */
  readonly attribute: string;
  /** As written: `=`, `==`, `is`, `!=`, `not`, `<`, `regexp`, `version`, `set_contains`, `distinct_hosts`, ... */
  readonly operator: string;
  readonly value: string;
}

export interface AffinitySpec extends ConstraintSpec {
  /** -100..100, not 0. */
  readonly weight: number;
}

export interface SpreadTarget {
  readonly value: string;
  readonly percent: number;
}

export interface SpreadSpec {
  readonly attribute: string;
  /** 0..100. */
  readonly weight: number;
  /** Empty: evenly over all values. */
  readonly targets: readonly SpreadTarget[];
}

/** What the facts of a node resolve targets to. */
export interface NodeTraits {
  /** GUID. */
  readonly id: string;
  /** Node id, for people. */
  readonly name: string;
  readonly datacenter: string;
  readonly nodeClass: string;
  readonly pool: string;
  /** Of `${attr.KEY}`. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Of `${meta.KEY}`. */
  readonly meta: Readonly<Record<string, string>>;
}
