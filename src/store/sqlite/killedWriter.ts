import { task, taskEvent } from "../conformance/fixtures.ts";
import { commit } from "../conformance/requests.ts";
import { openSqliteStore } from "./open.ts";

// A program for sqlite.test.ts: commits one task and its event after the other to the file it is given, says each
// number once it is committed, and is killed in the midst of it.
const store = await openSqliteStore(process.argv[2] ?? "");
for (let number = 1; ; number += 1) {
  await commit(store, (changes) => {
    changes.newTasks.push(task(1, number));
    changes.events.push(taskEvent(number, "TaskStartEvent"));
    const none = { pool: 0, node: 0, job: 0, removal: 0, jobChange: 0 };
    changes.counters = { ...none, execution: number, event: number, time: number };
  });
  process.stdout.write(`${number}\n`);
}
