import type { Loop } from "../loop/loop.ts";
import type { FleetAccess } from "../routes/context.ts";

/** The loop's machine is another one after a restore, so that its state is asked for each time. */
export function fleetAccessOf(loop: Loop): FleetAccess {
  return {
    get state() {
      return loop.fleet;
    },
    get world() {
      return loop.fleetWorld;
    },
    ask: (request, actor, audit) => loop.askFleet(request, actor, audit),
  };
}

/** The administrator that every server begins with; nobody can log in as them until a password is set. */
export async function makeFirstUser(loop: Loop): Promise<void> {
  if (loop.fleet.users.size > 0) return;
  const reply = await loop.askFleet({ request: "makeFirstUser", id: "admin" }, null);
  if (!reply.ok) throw new Error(reply.error.message);
}
