import type { Execution, Step } from "../machine.ts";
import { presentMembers } from "./change.ts";
import { isDead, type Member } from "./kinds.ts";
import { processOf } from "./processes.ts";
import { watchOf } from "./watch.ts";

/** Has the templates of members watched from their start until they are dead. */
export function followTemplates(step: Step, execution: Execution): void {
  const { templates } = watchOf(execution);
  for (const member of presentMembers(execution)) {
    const { name } = member.spec;
    const process = processOf(step.machine, member.run)?.process ?? null;
    if (isDead(member)) {
      if (!templates.delete(name)) continue;
      step.effects.push({ effect: "unwatchTemplates", execution: execution.key, member: name });
    } else if (process !== null && isWatched(member) && templates.get(name) !== process.key) {
      templates.set(name, process.key);
      step.effects.push({ effect: "watchTemplates", ...process });
    }
  }
}

function isWatched({ spec, run }: Member): boolean {
  const changes = spec.templates.some(({ changeMode }) => changeMode !== "noop");
  return changes && run.state.state === "running";
}
