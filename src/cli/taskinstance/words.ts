/** As tables of task instances show status and result: `Complete`, `N/A`. */
export function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Letters of OPMATE's options and what they mean. */
export const STATUS = {
  R: "Ready: not sent yet",
  C: "Request: sent, running",
  S: "Complete: ran and ended",
  F: "Fail: was never run, or nobody knows",
} as const;

export const RESULT = { N: "N/A: not known yet", S: "Success", F: "Fail" } as const;
