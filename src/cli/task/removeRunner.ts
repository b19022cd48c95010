import type { Session } from "../session.ts";
import { changeRunners, type TaskRunnerOptions } from "./runners.ts";

export async function run(session: Session, options: TaskRunnerOptions): Promise<number> {
  return await changeRunners(session, options, "removeRunners");
}
