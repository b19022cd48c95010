const DAY_MS = 86_400_000;

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** Year, month (1-12) and day of a count of days since 1970-01-01 (Howard Hinnant's civil calendar). */
function civilDate(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthShifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthShifted < 10 ? monthShifted + 3 : monthShifted - 9;
  const day = dayOfYear - Math.floor((153 * monthShifted + 2) / 5) + 1;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

/** `2026-11-21T03:20:00.000Z` of milliseconds since 1970, without a clock or a calendar of the runtime. */
export function isoTime(epochMs: number): string {
  const whole = Math.floor(epochMs);
  const days = Math.floor(whole / DAY_MS);
  const rest = whole - days * DAY_MS;
  const { year, month, day } = civilDate(days);
  const hours = Math.floor(rest / 3_600_000);
  const minutes = Math.floor(rest / 60_000) % 60;
  const seconds = Math.floor(rest / 1000) % 60;
  const date = `${String(year).padStart(4, "0")}-${twoDigits(month)}-${twoDigits(day)}`;
  const time = `${twoDigits(hours)}:${twoDigits(minutes)}:${twoDigits(seconds)}`;
  return `${date}T${time}.${String(rest % 1000).padStart(3, "0")}Z`;
}

/** `20261121t032000z`: the form that Azure Batch uses inside node ids. */
export function compactTime(epochMs: number): string {
  return isoTime(epochMs)
    .slice(0, 19)
    .replaceAll("-", "")
    .replaceAll(":", "")
    .toLowerCase()
    .concat("z");
}
