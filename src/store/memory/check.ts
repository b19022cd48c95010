import type { Changes } from "../../model/changes.ts";
import { foldId, jobOfTask } from "../../model/id.ts";
import type { MemoryDisk } from "./disk.ts";

/** Why a database would refuse the changes; null: it would not. */
export function checkChanges(disk: MemoryDisk, changes: Changes): string | null {
  return (
    checkUnique("pool", disk.pools, changes.pools) ??
    checkUnique("job", disk.jobs, changes.jobs) ??
    checkTasks(disk, changes)
  );
}

interface Named {
  readonly spec: { readonly id: string };
}

/** Only what changes can collide; small numbers of pools and jobs, so all are looked at. */
function checkUnique(
  noun: string,
  kept: ReadonlyMap<number, Named>,
  changed: ReadonlyMap<number, Named | null>,
): string | null {
  if (changed.size === 0) return null;
  const owners = new Map<string, number>();
  for (const [number, record] of new Map<number, Named | null>([...kept, ...changed])) {
    if (record === null) continue;
    const id = foldId(record.spec.id);
    if (owners.has(id)) return `two ${noun}s have the id ${id}`;
    owners.set(id, number);
  }
  return null;
}

function checkTasks(disk: MemoryDisk, changes: Changes): string | null {
  const added = new Map<string, number>();
  for (const { number, id } of changes.newTasks) {
    if (changes.tasks.get(number) === null) continue;
    const job = jobOfTask(number);
    const owner = disk.tasks.get(job)?.byFoldedId.get(foldId(id));
    const isTaken = owner !== undefined && owner !== number && changes.tasks.get(owner) !== null;
    const key = `${job}:${foldId(id)}`;
    if (isTaken || added.has(key)) return `two tasks have the id ${id}`;
    added.set(key, number);
  }
  return null;
}
