/** What is wrong with a policy. All findings are reported together; `code` is for programs, `message` for people. */
export interface PolicyFinding {
  readonly code: string;
  readonly message: string;
}

export function finding(code: string, message: string): PolicyFinding {
  return { code, message };
}
