/** What is wrong with a policy. All findings are reported together; `code` is for programs, `message` for people. */
export interface PolicyFinding {
  readonly code: string;
  /** Field of the policy as in our types, e.g. `intervalMs`. */
  readonly field: string;
  readonly message: string;
}

export function finding(code: string, field: string, message: string): PolicyFinding {
  return { code, field, message };
}
