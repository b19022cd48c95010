import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProcessIdentity } from "../../core/contract.ts";
import { until } from "../../fixtures/until.ts";
import { awaitEnd } from "./awaitEnd.ts";
import { ContainerEngine } from "./engine.ts";

/** Bun takes it for sockets of any kind, its types only for those of the network. */
const NEVER_IDLE: object = { idleTimeout: 0 };
/** In the control groups of every process, so that any child may stand for a container's first process. */
const EVERYWHERE = ":/";
const TIMEOUT_MS = 30_000;

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

interface State {
  Running: boolean;
  Pid: number;
  ExitCode: number;
  OOMKilled: boolean;
  Error: string;
}

/** An engine with one container, which ends no output of it by itself, and can be away. */
class FakeEngine {
  readonly socketPath = join(mkdtempSync(join(tmpdir(), "stint-engine-")), "socket");
  readonly state: State = { Running: true, Pid: 0, ExitCode: 0, OOMKilled: false, Error: "" };
  /** What the container is inspected with in its place. */
  refusal: 404 | 503 | null = null;
  attached = 0;
  inspected = 0;
  waited = 0;
  onAttach = (): void => undefined;
  #server: Bun.Server<undefined> | null = null;
  #waits = Promise.withResolvers<Response>();
  #outputs: ReadableStreamDefaultController<Uint8Array>[] = [];

  constructor() {
    this.comeBack();
    opened.push(() => {
      void this.#server?.stop(true);
      rmSync(join(this.socketPath, ".."), { recursive: true });
    });
  }

  async goAway(): Promise<void> {
    await this.#server?.stop(true);
    this.#server = null;
    this.#outputs = [];
    this.#waits = Promise.withResolvers();
  }

  comeBack(): void {
    this.#server = Bun.serve({
      ...NEVER_IDLE,
      unix: this.socketPath,
      fetch: ({ url }) => this.#answer(new URL(url).pathname),
    });
  }

  #answer(path: string): Response | Promise<Response> {
    if (path.endsWith("/wait")) return this.#wait();
    if (path.endsWith("/attach")) return this.#attach();
    this.inspected += 1;
    if (this.refusal !== null) return new Response("{}", { status: this.refusal });
    return Response.json({ Id: EVERYWHERE, State: this.state });
  }

  #wait(): Response | Promise<Response> {
    this.waited += 1;
    const { Running, ExitCode } = this.state;
    if (this.refusal === 404) return new Response("{}", { status: 404 });
    return Running ? this.#waits.promise : Response.json({ StatusCode: ExitCode });
  }

  #attach(): Response {
    this.attached += 1;
    this.onAttach();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#outputs.push(controller);
        // The head of the answer goes with the first bytes.
        controller.enqueue(frame(""));
      },
    });
    return new Response(body);
  }

  say(text: string): void {
    for (const output of this.#outputs) output.enqueue(frame(text));
  }

  endOutput(): void {
    for (const output of this.#outputs.splice(0)) output.close();
  }

  tellEnd(code: number): void {
    this.#waits.resolve(Response.json({ StatusCode: code }));
  }

  end(exitCode: number): void {
    Object.assign(this.state, { Running: false, ExitCode: exitCode, Pid: 0 });
  }
}

function frame(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  const head = Buffer.from([1, 0, 0, 0, 0, 0, 0, bytes.length]);
  return Buffer.concat([head, bytes]);
}

/** A container of the engine that is watched from its beginning. */
async function watched(fake: FakeEngine, doubtMaxMs?: number) {
  const engine = new ContainerEngine(() => fake.socketPath);
  const seen = { said: "", leader: null as ProcessIdentity | null };
  const output = await engine.call("POST", "/containers/c/attach");
  const ended = awaitEnd({
    engine,
    name: "c",
    output,
    take: (_, bytes) => {
      seen.said += Buffer.from(bytes).toString();
    },
    onLeader: (leader) => {
      seen.leader = leader;
    },
    ...(doubtMaxMs === undefined ? {} : { doubtMaxMs }),
  });
  return { seen, ended };
}

function leaderOf(fake: FakeEngine): Bun.Subprocess {
  const child = Bun.spawn(["sleep", "1000"]);
  opened.push(() => child.kill("SIGKILL"));
  fake.state.Pid = child.pid;
  return child;
}

async function kill(child: Bun.Subprocess): Promise<void> {
  child.kill("SIGKILL");
  await child.exited;
}

async function inspected(fake: FakeEngine, times: number): Promise<void> {
  await until(() => (fake.inspected >= times ? true : undefined), TIMEOUT_MS);
}

/** Its end is waited for. */
async function waitedFor(fake: FakeEngine): Promise<void> {
  await until(() => (fake.waited > 0 ? true : undefined), TIMEOUT_MS);
}

test("an end is told with its exit code and all its output", async () => {
  const fake = new FakeEngine();
  const { seen, ended } = await watched(fake);
  await waitedFor(fake);
  fake.say("one ");
  fake.end(7);
  fake.tellEnd(7);
  await inspected(fake, 2);
  fake.say("two");
  fake.endOutput();
  expect(await ended).toEqual({ status: "exited", exitCode: 7, oomKilled: false, message: null });
  expect(seen.said).toBe("one two");
});

test(
  "a container that ended while its engine was away is told when that is back",
  async () => {
    const cases = [
      { exitCode: 137, more: {}, message: /^The container had ended when its engine was back/ },
      { exitCode: 255, more: { Error: "lost" }, message: /^lost \(it had ended when its engine/ },
      { exitCode: 137, more: { OOMKilled: true }, message: /^OOM Killed \(it had ended when/ },
    ];
    for (const { exitCode, more, message } of cases) {
      const fake = new FakeEngine();
      const { ended } = await watched(fake);
      await waitedFor(fake);
      await fake.goAway();
      fake.end(exitCode);
      Object.assign(fake.state, more);
      fake.comeBack();
      expect(await ended).toEqual({
        status: "exited",
        exitCode,
        oomKilled: "OOMKilled" in more,
        message: expect.stringMatching(message),
      });
      // It would be told nothing there.
      expect(fake.attached).toBe(1);
    }
  },
  TIMEOUT_MS,
);

test(
  "one that ends the moment its output is asked for again is told, though that output has no end",
  async () => {
    const fake = new FakeEngine();
    const { ended } = await watched(fake);
    await waitedFor(fake);
    await fake.goAway();
    fake.onAttach = () => {
      fake.end(3);
      fake.tellEnd(3);
    };
    fake.comeBack();
    expect(await ended).toMatchObject({ status: "exited", exitCode: 3 });
    expect(fake.attached).toBe(2);
  },
  TIMEOUT_MS,
);

test(
  "the output of an engine that was away need not end for the container's end to be told",
  async () => {
    const fake = new FakeEngine();
    const { ended } = await watched(fake);
    await waitedFor(fake);
    fake.refusal = 503;
    fake.tellEnd(3);
    await inspected(fake, fake.inspected + 1);
    fake.end(3);
    fake.refusal = null;
    expect(await ended).toMatchObject({ status: "exited", exitCode: 3 });
    expect(fake.attached).toBe(1);
  },
  TIMEOUT_MS,
);

test(
  "a container that lives on without its engine is watched again, and heard",
  async () => {
    const fake = new FakeEngine();
    const { seen, ended } = await watched(fake);
    await waitedFor(fake);
    await fake.goAway();
    fake.comeBack();
    await until(() => (fake.attached === 2 ? true : undefined), TIMEOUT_MS);
    fake.say("again");
    await until(() => (seen.said === "again" ? true : undefined), TIMEOUT_MS);
    fake.end(0);
    fake.tellEnd(0);
    fake.endOutput();
    expect(await ended).toEqual({ status: "exited", exitCode: 0, oomKilled: false, message: null });
  },
  TIMEOUT_MS,
);

test(
  "an engine may be away for ever while the container's process is seen to live",
  async () => {
    const fake = new FakeEngine();
    const child = leaderOf(fake);
    const { seen, ended } = await watched(fake, 0);
    await until(() => (seen.leader?.pid === child.pid ? true : undefined));
    fake.refusal = 503;
    fake.tellEnd(0);
    await inspected(fake, fake.inspected + 3);
    expect(await Promise.race([ended, "watched"])).toBe("watched");
    await kill(child);
    // What the engine had told before was not so.
    expect(await ended).toMatchObject({ status: "unseen" });
  },
  TIMEOUT_MS,
);

test(
  "what an engine told before it went away for good is known",
  async () => {
    const fake = new FakeEngine();
    const { ended } = await watched(fake, 0);
    await waitedFor(fake);
    fake.refusal = 503;
    fake.tellEnd(3);
    expect(await ended).toMatchObject({ status: "exited", exitCode: 3 });
  },
  TIMEOUT_MS,
);

test(
  "an end that nobody tells is unseen, and no exit code is made up",
  async () => {
    const away = new FakeEngine();
    const first = await watched(away, 0);
    await waitedFor(away);
    await away.goAway();
    expect(await first.ended).toEqual({
      status: "unseen",
      message: expect.stringContaining("is not to be seen, and for 0 s its engine did not say"),
    });

    const unaware = new FakeEngine();
    const child = leaderOf(unaware);
    const second = await watched(unaware, 0);
    await until(() => (second.seen.leader === null ? undefined : true));
    await kill(child);
    expect(await second.ended).toMatchObject({
      status: "unseen",
      message: expect.stringContaining("has ended, and for 0 s its engine did not say"),
    });

    const unsure = new FakeEngine();
    const third = await watched(unsure);
    unsure.end(-1);
    unsure.tellEnd(-1);
    unsure.endOutput();
    expect(await third.ended).toMatchObject({ status: "unseen" });
  },
  TIMEOUT_MS,
);

test(
  "a container that somebody else removed has ended as its engine told before",
  async () => {
    const told = new FakeEngine();
    const first = await watched(told);
    await waitedFor(told);
    told.refusal = 404;
    told.tellEnd(137);
    told.endOutput();
    const message = "The container was removed by somebody else";
    expect(await first.ended).toEqual({
      status: "exited",
      exitCode: 137,
      oomKilled: false,
      message,
    });

    // An engine that was set up anew has not told, and its predecessor's container lives.
    const anew = new FakeEngine();
    const child = leaderOf(anew);
    const second = await watched(anew);
    await waitedFor(anew);
    await anew.goAway();
    anew.refusal = 404;
    anew.comeBack();
    expect(await second.ended).toEqual({ status: "unseen", message });
    await child.exited;
  },
  TIMEOUT_MS,
);
