import type { FailureInfo } from "../../model/failure.ts";
import type { TaskUser, UserRules } from "../platform/users.ts";
import { isStartFailure, type MemberStart, recoverable, type StartFailure } from "./driver.ts";

const NONE: readonly number[] = [];

/**
 * Supplementary groups of users whose processes have a root of their own: what knows them on the node, as a socket in /run, is
 * not there, and what is there in its place may be a task's. So the node is asked before.
 */
export class UserGroups {
  readonly #groupsOf: UserRules["groupsOf"];
  readonly #userOf: (start: MemberStart) => TaskUser | FailureInfo;
  /** By the user's name, as of the last start. */
  readonly #known = new Map<string, readonly number[]>();

  constructor(
    groupsOf: UserRules["groupsOf"],
    userOf: (start: MemberStart) => TaskUser | FailureInfo,
  ) {
    this.#groupsOf = groupsOf;
    this.#userOf = userOf;
  }

  /** Before each start: asks the node, and answers why there can be no start, or null. */
  async prepare(start: MemberStart): Promise<StartFailure | null> {
    const name = this.#loadedName(start);
    if (name === null) return null;
    const found = await this.#ask(name);
    return isStartFailure(found) ? found : null;
  }

  /** After `prepare`. */
  found(start: MemberStart): readonly number[] | StartFailure {
    const name = this.#loadedName(start);
    if (name === null) return NONE;
    return this.#known.get(name) ?? recoverable("The groups of the task's user are not known yet.");
  }

  /** Those of the last start, which the node is asked for if there was none in this life. */
  async find(start: MemberStart): Promise<readonly number[] | StartFailure> {
    const name = this.#loadedName(start);
    if (name === null) return NONE;
    return this.#known.get(name) ?? (await this.#ask(name));
  }

  async #ask(name: string): Promise<readonly number[] | StartFailure> {
    try {
      const groups = await this.#groupsOf(name);
      this.#known.set(name, groups);
      return groups;
    } catch (error) {
      return recoverable(
        `Expected to find the groups of the task's user, and ${(error as Error).message}.`,
      );
    }
  }

  /** Null: it is given none, or it is refused anyway. */
  #loadedName(start: MemberStart): string | null {
    const user = this.#userOf(start);
    return "code" in user || !user.loadGroups ? null : user.name;
  }
}
