import { describe } from "bun:test";
import { checkAccess } from "./conformance/access.ts";
import { checkAudit } from "./conformance/audit.ts";
import { checkCommits } from "./conformance/commits.ts";
import { checkEvents } from "./conformance/events.ts";
import { checkFleet } from "./conformance/fleet.ts";
import { checkWith, type OpenStore } from "./conformance/harness.ts";
import { checkHistories } from "./conformance/histories.ts";
import { checkLists } from "./conformance/lists.ts";
import { checkLive } from "./conformance/live.ts";
import { checkRepository } from "./conformance/repository.ts";

/** What every store has to do. `open` gives a fresh, empty one for each test. */
export function storeConformance(name: string, open: OpenStore): void {
  describe(`store: ${name}`, () => {
    const check = checkWith(open);
    checkCommits(check);
    checkLists(check);
    checkLive(check);
    checkEvents(check);
    checkAccess(check);
    checkAudit(check);
    checkFleet(check);
    checkRepository(check);
    checkHistories(check);
  });
}
