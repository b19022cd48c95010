import type { SimulationGroup } from "../../model/simulation.ts";
import type { JobRun } from "./run.ts";

/** What came of each group; children of a periodic job count as its own. */
export function summaryOf(run: JobRun): SimulationGroup[] {
  const names = new Set<string>();
  const ends = new Map<string, { tasks: number; completed: number; givenUp: number }>();
  let isLasting = false;
  for (const job of run.engine.jobs.values()) {
    const { type } = job.record.spec;
    isLasting ||= type === "service" || type === "system";
    for (const { name } of job.record.spec.groups?.groups ?? []) names.add(name);
    for (const { spec, progress } of job.groups?.tasks.values() ?? []) {
      const group = spec.place?.group ?? "";
      const end = ends.get(group) ?? { tasks: 0, completed: 0, givenUp: 0 };
      ends.set(group, end);
      end.tasks += 1;
      if (progress.outcome?.result === "failure") end.givenUp += 1;
      else if (progress.state === "completed") end.completed += 1;
    }
  }
  return [...names].map((group) => {
    const { totalMs, longestMs, observedMs } = run.uptime.of(group);
    const tally = run.timeline.tallies.get(group);
    return {
      group,
      ...(ends.get(group) ?? { tasks: 0, completed: 0, givenUp: 0 }),
      restarts: tally?.restarts ?? 0,
      reschedules: tally?.reschedules ?? 0,
      replacements: tally?.replacements ?? 0,
      downtimeMs: isLasting ? totalMs : null,
      longestDowntimeMs: isLasting ? longestMs : null,
      availability: isLasting && observedMs > 0 ? 1 - totalMs / observedMs : null,
    };
  });
}
