import { SLOW_RATE } from "../../engine/clock.ts";
import type { Engine } from "../../engine/state.ts";
import type { World } from "../world.ts";
import { demand } from "./violation.ts";

/** Both ends of a span are rounded down. */
const ROUNDING_MS = 2;

/** Engine time never goes back, not even over a restart, and goes on while the server lives, whatever its clock does. */
export class TimeChecks {
  readonly #world: World;
  #last = { engineTime: 0, at: 0 };

  constructor(world: World) {
    this.#world = world;
  }

  restored(engine: Engine): void {
    const { disk, agenda } = this.#world;
    const storedTime = disk.readLive().counters.time;
    demand(engine.now >= storedTime, "time", () => {
      return `a restore went back by ${storedTime - engine.now} ms`;
    });
    this.#last = { engineTime: engine.now, at: agenda.now };
  }

  stepped(engine: Engine): void {
    const at = this.#world.agenda.now;
    const goneMs = engine.now - this.#last.engineTime;
    const passedMs = at - this.#last.at;
    demand(goneMs >= 0 && goneMs >= passedMs * SLOW_RATE - ROUNDING_MS, "time", () => {
      return `in ${passedMs} ms engine time went on by ${goneMs} ms`;
    });
    this.#last = { engineTime: engine.now, at };
  }
}
