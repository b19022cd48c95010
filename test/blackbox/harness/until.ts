const LOOK_EVERY_MS = 20;
export const DEADLINE_MS = 30_000;

/** Looks again and again until the condition holds; answers what was seen then. Throws with what was seen last. */
export async function until<Value>(
  what: string,
  look: () => Value | Promise<Value>,
  holds: (value: Value) => boolean,
  deadlineMs = DEADLINE_MS,
): Promise<Value> {
  const begun = performance.now();
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    if (performance.now() - begun > deadlineMs) {
      throw new Error(
        `Expected ${what} within ${deadlineMs} ms, saw last: ${JSON.stringify(value)}`,
      );
    }
    await Bun.sleep(LOOK_EVERY_MS);
  }
}
