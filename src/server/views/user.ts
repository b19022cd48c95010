import type { Fleet } from "../../fleet/state.ts";
import type { Stamps, UserRecord } from "../../model/fleet/person.ts";
import { isoTime } from "../../model/time.ts";
import type { User } from "../../protocol/api/answer/user.ts";
import { present, timeOf } from "./present.ts";

export function stampsView(fleet: Fleet, { createdAt, createdBy, updatedAt, updatedBy }: Stamps) {
  const idOf = (user: number | null) =>
    user === null ? null : (fleet.users.get(user)?.id ?? null);
  return {
    creationTime: isoTime(createdAt),
    ...present({ createdBy: idOf(createdBy) }),
    ...present({ updateTime: timeOf(updatedAt), updatedBy: idOf(updatedBy) }),
  };
}

export function userView(fleet: Fleet, user: UserRecord): User {
  const { id, name, email, phone, role, status, description } = user;
  return {
    ...{ id, name, email, phone, role, status, description },
    ...present({ lastLoginTime: timeOf(user.lastLoginAt) }),
    ...stampsView(fleet, user),
  };
}
