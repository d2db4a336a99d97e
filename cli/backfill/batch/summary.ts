import { readableText } from '../../../local/ui/readable.ts';
import { counted } from '../../terminal/text.ts';
import { type BatchJob, hasEnded } from './jobs.ts';
import { readableDuration } from './plan.ts';
import { type JobReport, reportKey } from './report.ts';

/** Returns the line of a job in a list of jobs. */
export function jobLine({ id, status, createdAt, description, photos, succeeded, failed }: BatchJob): string {
  const created = createdAt.toISOString().slice(0, 16).replace('T', ' ');
  const done = `${(succeeded + failed).toLocaleString('en')} of ${photos.toLocaleString('en')}`;
  return `${id}  ${created}  ${status.padEnd(10)}  ${done}, ${failed.toLocaleString('en')} failed  ${readableText(description)}`;
}

/** Returns the options to continue with a job that has not ended. */
export function howToContinue(command: (option: string) => string): string {
  return `To follow it again: ${command('--resume')}. To stop it: ${command('--cancel')}.`;
}

/** Returns the state of a job, why photos failed, and the next step. */
export function jobSummary(
  job: BatchJob,
  report: JobReport | undefined,
  { bucket, command }: { readonly bucket: string; readonly command: (options: string) => string },
): string {
  const { id, status, photos, succeeded, failed, activeSeconds, failureReasons } = job;
  const left = Math.max(0, photos - succeeded - failed);
  return [
    `Job ${id}: ${status}${activeSeconds > 0 ? ` after ${readableDuration(activeSeconds)}` : ''}`,
    `  ${counted(photos, 'photo')}: ${figure(succeeded)} succeeded, ${figure(failed)} failed, ${figure(left)} left`,
    ...failureReasons.map((reason) => `  S3 gave up: ${readableText(reason)}`),
    ...[...(report ?? [])].map(([reason, { count, keys }]) => `  ${reason}: ${figure(count)}, such as ${keys.map(quoted).join(', ')}`),
    ...reportLine(job, report, bucket),
    ...nextStep(job, left, command),
  ].join('\n');
}

function reportLine(job: BatchJob, report: JobReport | undefined, bucket: string): string[] {
  if (report !== undefined) return [`  Report: s3://${bucket}/${reportKey(job.id)}`];
  const isDue = hasEnded(job) && job.failed > 0;
  return isDue ? ['  S3 has not stored its report yet. --status shows the reasons once it is there.'] : [];
}

function nextStep(job: BatchJob, left: number, command: (options: string) => string): string[] {
  const { id, status, failed } = job;
  if (status === 'Suspended')
    return [`It waits for confirmation. To run it: ${command(`--resume ${id}`)}. To cancel it: ${command(`--cancel ${id}`)}.`];
  if (!hasEnded(job)) return [howToContinue((option) => command(`${option} ${id}`))];
  if (left === 0 && failed === 0) return [];
  const again = `For all photos of the job: ${command(`--resume ${id}`)}. Photos with a result are not processed again.`;
  return [`For the photos without a result: ${command('--batch')}. ${again}`];
}

function quoted(key: string): string {
  return `"${readableText(key)}"`;
}

function figure(count: number): string {
  return count.toLocaleString('en');
}
