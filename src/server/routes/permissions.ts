import { ROLES } from "../../model/fleet/person.ts";
import type { Action } from "../../protocol/api/endpoint/endpoint.ts";
import type { Caller } from "./context.ts";
import { refuse } from "./refusal.ts";

/** The weakest role that may do it (DESIGN 7): administrator 0, manager 1, operator 2, guest 3. */
const WEAKEST_ROLE: Readonly<Record<Action, number>> = {
  ask: 3,
  read: 3,
  runJobs: 2,
  // Whoever may submit a job to a pool can run there what they like anyway.
  enter: 2,
  managePools: 1,
  manageAccess: 0,
};

/** Throws InsufficientPermissions unless the caller's role may do it. */
export function authorise(caller: Caller, action: Action): void {
  const weakest = WEAKEST_ROLE[action];
  if (caller.role <= weakest) return;
  const wanted = ROLES[weakest] ?? String(weakest);
  const own = ROLES[caller.role] ?? String(caller.role);
  throw refuse(
    "InsufficientPermissions",
    `Expected the role ${wanted} or higher, and the token is one of a ${own}.`,
    `Use a token of the role ${wanted}.`,
    { expected: wanted, given: own },
  );
}
