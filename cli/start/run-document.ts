import { OUTCOME_STATUSES } from '../../lambda-src/contract/outcome.ts';
import { countByStatus, type PhotoResult, type RunResult } from '../../local/run/run-result.ts';

/** What `--json` prints. Scripts depend on its fields; `deadLettered` is there only when there are any. */
export function runDocument({ preset, photos, notifications, seconds }: RunResult): object {
  const { deadLettered, ...counts } = countByStatus(photos);
  const summary = Object.fromEntries(OUTCOME_STATUSES.map((status) => [status, counts[status]]));
  return {
    preset,
    summary: { ...summary, ...(deadLettered > 0 ? { deadLettered } : {}), seconds },
    images: photos.map(imageDocument),
    notifications,
  };
}

function imageDocument({ key, status, failureCode, detail, outputs, milliseconds }: PhotoResult): object {
  return { key, status, failureCode, detail, outputs, milliseconds };
}
