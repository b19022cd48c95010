import type { ExecutionNumber } from "../../model/id.ts";
import type { ProcessExit, ProcessIdentity } from "../core/contract.ts";
import { unseenExit } from "../core/shimRecord.ts";
import { isAlive } from "../platform/processIdentity.ts";

/** How often the processes of a dead shim are looked at; only while there are any. */
const ADOPTED_POLL_MS = 100;

export interface Adoption {
  adopt(execution: ExecutionNumber, process: ProcessIdentity): void;
  stop(): void;
}

/** Watches processes whose parent is not there to tell of their end. */
export function newAdoption(
  bootId: string,
  onEnd: (execution: ExecutionNumber, exit: ProcessExit) => void,
): Adoption {
  const adopted = new Map<ExecutionNumber, ProcessIdentity>();
  let timer: ReturnType<typeof setInterval> | null = null;
  const stop = () => {
    if (timer !== null) clearInterval(timer);
    timer = null;
  };
  const poll = () => {
    for (const [execution, process] of adopted) {
      if (isAlive(process, bootId)) continue;
      adopted.delete(execution);
      onEnd(execution, unseenExit(Date.now()));
    }
    if (adopted.size === 0) stop();
  };
  return {
    adopt(execution, process) {
      adopted.set(execution, process);
      timer ??= setInterval(poll, ADOPTED_POLL_MS);
    },
    stop,
  };
}
