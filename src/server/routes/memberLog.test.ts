import { afterEach, beforeEach, expect, test } from "bun:test";
import type { StartOrder } from "../../model/order.ts";
import { resultOf, TestApi } from "./testApi.ts";
import { Follower, streamed } from "./testFollower.ts";

const FILE_BYTES = 1024 * 1024;

let api: TestApi;
let node: number;
let order: StartOrder;
beforeEach(async () => {
  api = await TestApi.open();
  await api.json("POST", "/pools", { id: "default", accepts: ["groups"] });
  node = await api.addNode("n1", "default");
  await api.json("POST", "/jobs/register", { job: job() });
  order = await started();
});
afterEach(() => api.close());

async function started(): Promise<StartOrder> {
  for (;;) {
    const [found] = api.started;
    if (found !== undefined) return found;
    await api.json("GET", "/jobs");
  }
}

/** Ends with its task; two files of 1 MiB are kept. */
function job(count = 1) {
  const task = {
    Name: "main",
    Driver: "raw_exec",
    Config: { command: "/bin/true" },
    LogConfig: { MaxFiles: 2, MaxFileSizeMB: 1 },
  };
  const group = { Name: "g", Count: count, Tasks: [task] };
  return { ID: "logged", Type: "batch", Datacenters: ["dc1"], TaskGroups: [group] };
}

const logPath = (query: string) =>
  `/allocations/${order.allocation?.allocationId}/logs/main/stdout?${query}`;
const filePath = (number: number) =>
  `workitems/logged/job-1/${order.allocation?.allocationId}/alloc/logs/main.stdout.${number}`;
const write = (number: number, text: string) => api.files.write(filePath(number), text);
const append = (number: number, text: string) => api.files.append(filePath(number), text);
/** A file of the full size that ends with this text. */
const full = (text: string) => "x".repeat(FILE_BYTES - text.length) + text;
const placeOf = (file: number, offset: number) =>
  `${order.execution}:${file * FILE_BYTES + offset}`;
const missed = (bytes: number) =>
  `\n[stint: ${bytes} bytes were rotated away before they could be read]\n`;

const follow = (place: string | null = null, query = "") =>
  Follower.open(api, logPath(`follow&${query}`), place);
const tail = async (lines: number) =>
  await (await api.request("GET", logPath(`lines=${lines}`))).text();

async function end(): Promise<void> {
  const result = resultOf(0);
  await api.report(node, "n1", [{ kind: "ended", execution: order.execution, result }]);
}

test("a log that is followed goes on behind the last event that arrived, also in a further file", async () => {
  const first = await follow();
  await first.untilPlaced();
  expect(first.place).toBe(placeOf(0, 0));
  write(0, "one\n");
  expect(await (await first.until("one\n")).leave()).toBe(placeOf(0, 4));
  write(0, full("two\n").replace("xxxx", "one\n"));
  write(1, "three\n");
  const second = await (await follow(first.place)).until("three\n");
  expect(second.text).toBe(`${full("two\n").slice(4)}three\n`);
  expect(await second.leave()).toBe(placeOf(1, 6));
  append(1, "four\n");
  await end();
  expect(await (await follow(second.place)).toEnd()).toBe("four\n");
  expect(await (await follow(placeOf(1, 11))).toEnd()).toBe("");
  // One who connects at the exact end of a file goes on in the next.
  expect(await (await follow(placeOf(1, 0))).toEnd()).toBe("three\nfour\n");
});

test("what was rotated away before it could be read is told in bytes", async () => {
  write(0, "one\n");
  const follower = await (await follow()).until("one\n");
  const place = await follower.leave();
  api.files.remove(filePath(0));
  write(2, full("two\n"));
  write(3, "three\n");
  const note = missed(2 * FILE_BYTES - 4);
  const again = await (await follow(place)).until("three\n");
  expect(again.text).toBe(`${note}${full("two\n")}three\n`);
  // The note is passed once.
  await again.leave();
  await end();
  expect(await (await follow(again.place)).toEnd()).toBe("");
  expect(await (await follow(placeOf(2, FILE_BYTES - 4))).toEnd()).toBe("two\nthree\n");
});

test("one who never lost the connection is told as well", async () => {
  write(0, "one\n");
  const follower = await (await follow()).until("one\n");
  api.files.isReachable = false;
  api.files.remove(filePath(0));
  write(5, "six\n");
  api.files.isReachable = true;
  await follower.until("six\n");
  await end();
  expect(await follower.toEnd()).toBe(`one\n${missed(5 * FILE_BYTES - 4)}six\n`);
});

test("a node that is away is waited for by those who were reading", async () => {
  write(0, "one\n");
  const follower = await (await follow()).until("one\n");
  api.files.isReachable = false;
  const untilAsked = async () => {
    const { asked } = api.files;
    while (api.files.asked === asked) await Bun.sleep(1);
  };
  const all = follower.toEnd();
  await untilAsked();
  append(0, "two\n");
  await end();
  const late = follow(placeOf(0, 4));
  await untilAsked();
  api.files.isReachable = true;
  expect(await all).toBe("one\ntwo\n");
  expect(await (await late).toEnd()).toBe("two\n");
});

test("a log that is gone is refused to one who has read a part of it", async () => {
  write(0, "one\n");
  await end();
  api.files.remove(filePath(0));
  expect(await (await follow()).toEnd()).toBe("");
  const refusal = await api.refusal("GET", logPath("follow"), undefined, streamed(placeOf(0, 2)));
  expect([refusal.status, refusal.code]).toEqual([409, "TaskFilesUnavailable"]);
});

test("a place that is none, or one of another execution, is refused", async () => {
  for (const place of ["5", `${order.execution + 1}:0`]) {
    const refusal = await api.refusal("GET", logPath("follow"), undefined, streamed(place));
    expect([refusal.status, refusal.field]).toEqual([400, "Last-Event-ID"]);
  }
});

test("the bytes alone are followed by those who want no events", async () => {
  write(0, "one\n");
  const response = await api.request("GET", logPath("follow"));
  const text = response.text();
  append(0, "two\n");
  await end();
  expect(await text).toBe("one\ntwo\n");
  expect(response.headers.get("content-type")).toBe("application/octet-stream");
});

test("the last lines end where the log ends, also within a line", async () => {
  const cases = [
    ["a\nb\nc\n", 2, "b\nc\n"],
    ["a\nb\nc", 2, "b\nc"],
    ["a\n\n\n", 2, "\n\n"],
    ["\na\n", 2, "\na\n"],
    ["a\nb\n", 5, "a\nb\n"],
    ["a\nb\n", 0, ""],
    ["", 3, ""],
  ] as const;
  for (const [text, count, expected] of cases) {
    write(0, text);
    expect([text, count, await tail(count)]).toEqual([text, count, expected]);
  }
  expect(await api.refusal("GET", logPath("lines=-1"))).toMatchObject({ status: 400 });
});

test("the last lines are found over several files and long lines", async () => {
  write(1, full("a\nb"));
  write(2, full("c\n").replace("x", "\n"));
  write(3, "d\ne");
  expect(await tail(1)).toBe("e");
  expect(await tail(2)).toBe("d\ne");
  const long = `${full("c\n").slice(1)}d\ne`;
  expect(await tail(3)).toBe(long);
  expect(await tail(4)).toBe(`b\n${long}`);
  expect((await tail(6)).length).toBe(2 * FILE_BYTES + 3);
});

test("the last lines are followed on, also when an old file was rotated away meanwhile", async () => {
  write(4, full("a\nb\n"));
  write(5, full("c\n"));
  const follower = await (await follow(null, "lines=0")).untilPlaced();
  expect(follower.place).toBe(placeOf(6, 0));
  api.files.remove(filePath(4));
  write(6, "d\n");
  expect((await follower.until("d\n")).text).toBe("d\n");
  await follower.leave();
  append(6, "e\n");
  // The same address as before: the place counts, not the lines.
  expect((await (await follow(follower.place, "lines=0")).until("e\n")).text).toBe("e\n");
  await end();
  expect(await (await follow(null, "lines=2")).toEnd()).toBe("d\ne\n");
});

test("the log of a version that is not kept any more is read without places", async () => {
  write(0, "one\n");
  await end();
  for (let count = 2; count < 10; count += 1) {
    await api.json("POST", "/jobs/register", { job: job(count) });
  }
  const response = await api.request("GET", logPath("follow"), undefined, streamed(null));
  expect(response.headers.get("content-type")).toBe("application/octet-stream");
  expect(await response.text()).toBe("one\n");
  const refusal = await api.refusal("GET", logPath("follow"), undefined, streamed(placeOf(0, 2)));
  expect(refusal).toMatchObject({ status: 409, code: "TaskFilesUnavailable" });
});
