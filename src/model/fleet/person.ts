/** A user's number, from 1, never reused. */
export type UserNumber = number;
/** A user group's number, from 1, never reused. */
export type UserGroupNumber = number;

/** 0 administrator, 1 manager, 2 operator, 3 guest (OPMATE 3); a lower number may do all that a higher one may. */
export type RoleLevel = 0 | 1 | 2 | 3;

export const ROLES = ["administrator", "manager", "operator", "guest"] as const;

export type Switch = "enable" | "disable";

/** When and by whom something was made and changed last; null: by itself, or never. */
export interface Stamps {
  readonly createdAt: number;
  readonly createdBy: UserNumber | null;
  readonly updatedAt: number | null;
  readonly updatedBy: UserNumber | null;
}

/** A person, or a program that acts as one. */
export interface UserRecord extends Stamps {
  readonly number: UserNumber;
  /** Unique among users, compared by its folded form; can be changed. */
  readonly id: string;
  readonly name: string;
  readonly phone: string;
  readonly email: string;
  readonly description: string;
  readonly role: RoleLevel;
  /** Accounts that people made themselves are disabled until an administrator enables them. */
  readonly status: Switch;
  /** Argon2id; null: nobody can log in with a password. */
  readonly passwordHash: string | null;
  readonly lastLoginAt: number | null;
}

/** Any set of users. */
export interface UserGroupRecord extends Stamps {
  readonly number: UserGroupNumber;
  readonly id: string;
  readonly owner: UserNumber;
  readonly description: string;
  readonly users: readonly UserNumber[];
}
