import type { Session } from "../session.ts";

/** Prints what the API answered; answers the exit code. */
export async function printJson(session: Session, value: unknown): Promise<number> {
  await session.print(JSON.stringify(value ?? {}, null, 2));
  return 0;
}

/** Says that something was done: for people in a sentence, for programs the answer itself. */
export async function printDone(
  session: Session,
  sentence: string,
  answer: unknown,
): Promise<number> {
  if (session.form === "json") return await printJson(session, answer);
  await session.print(sentence);
  return 0;
}
