import type { Session } from "../session.ts";
import { changeTargets, type TaskTargetOptions } from "./targets.ts";

export async function run(session: Session, options: TaskTargetOptions): Promise<number> {
  return await changeTargets(session, options, "removeTargets");
}
