import type { NodeNumber } from "../id.ts";
import type { Stamps, UserNumber } from "./person.ts";

/** A node group's number, from 1, never reused. */
export type NodeGroupNumber = number;

/** Any set of nodes, with attributes that scripts can name (OPMATE 9). */
export interface NodeGroupRecord extends Stamps {
  readonly number: NodeGroupNumber;
  readonly id: string;
  readonly owner: UserNumber;
  readonly description: string;
  readonly nodes: readonly NodeNumber[];
  /** By key; values hold no control characters. */
  readonly attributes: Readonly<Record<string, string>>;
}
