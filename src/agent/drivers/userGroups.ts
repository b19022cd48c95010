import type { FailureInfo } from "../../model/failure.ts";
import type { TaskUser, UserRules } from "../platform/users.ts";
import {
  isStartFailure,
  type MemberStart,
  recoverable,
  type StartFailure,
  unrecoverable,
} from "./driver.ts";

/** Whatever the node says by now: see `prepare`. */
const NONE_BESIDE_VOLUMES: readonly number[] = [];

/**
 * Supplementary groups of users whose processes have a root of their own: what knows them on the node, as a socket in /run, is
 * not there, and what is there in its place may be a task's.
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
    const user = this.#loadedUser(start);
    if (user === null) return null;
    const found = await this.#ask(user.name);
    if (isStartFailure(found)) return found;
    const further = found.filter((group) => group !== user.gid);
    if (start.mounts.length === 0 || further.length === 0) return null;
    return unrecoverable(
      `Expected for a volume_mount of the driver exec a user without supplementary groups, given "${user.name}" with ${further.join(", ")}: what gives a process its groups runs as root, and would see the volume. Use a user without them, or the driver docker.`,
    );
  }

  /** After `prepare`. */
  found(start: MemberStart): readonly number[] | StartFailure {
    const user = this.#loadedUser(start);
    if (user === null || start.mounts.length > 0) return NONE_BESIDE_VOLUMES;
    const known = this.#known.get(user.name);
    return known ?? recoverable("The groups of the task's user are not known yet.");
  }

  /** Those of the last start, which the node is asked for if there was none in this life. */
  async find(start: MemberStart): Promise<readonly number[] | StartFailure> {
    const user = this.#loadedUser(start);
    if (user === null || start.mounts.length > 0) return NONE_BESIDE_VOLUMES;
    return this.#known.get(user.name) ?? (await this.#ask(user.name));
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
  #loadedUser(start: MemberStart): { readonly name: string; readonly gid: number | null } | null {
    const user = this.#userOf(start);
    if ("code" in user || !user.loadGroups || user.name === null) return null;
    return { name: user.name, gid: user.gid };
  }
}
