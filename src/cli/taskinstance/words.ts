/** As tables of task instances show status and result: `Complete`, `N/A`. */
export function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
