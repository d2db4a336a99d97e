import type { PhotoState } from '../../lambda-src/reconcile/photo-state.ts';
import { readableText } from '../../local/ui/readable.ts';
import { describeState } from '../photos/photo-state.ts';
import { type Findings, needingAttention, type StateCount } from '../photos/tally.ts';
import { counted, jsonDocument, type Paint } from '../terminal/text.ts';

/** The findings of an audit, with the function and the bucket. */
export interface AuditReport extends Findings {
  readonly function: string;
  readonly bucket: string;
  readonly prefix: string;
  /** Approximate number of events in the dead-letter queue. */
  readonly deadLetters: number;
}

/** Whether an operator has to act. */
export function needsAttention(report: AuditReport): boolean {
  return needingAttention(report) > 0 || report.deadLetters > 0;
}

/** Returns the report as one JSON document. */
export function auditDocument(report: AuditReport): string {
  return jsonDocument({ ...report, states: Object.fromEntries(report.states), needsAttention: needsAttention(report) });
}

/** Returns the report as text: a line per state with its keys below, then the next steps. */
export function auditText(report: AuditReport, paint: Paint): string {
  const found = [...report.states].filter(([, { count }]) => count > 0);
  const steps = [...found.flatMap(([state]) => nextStep(state, report)), ...deadLetterStep(report)];
  const lines = [
    `${counted(report.objects, 'object')} in ${report.bucket}${report.prefix === '' ? '' : ` under "${report.prefix}"`}, ` +
      `${report.ignored.toLocaleString('en')} of them not for the pipeline.`,
    ...excludedLine(report),
    '',
    ...found.flatMap(([state, counts]) => stateLines(state, counts, report, paint)),
    ...(report.deadLetters > 0
      ? [countLine('dead letters', report.deadLetters, 'Events are in the dead-letter queue.', (text) => paint('red', text))]
      : []),
    ...(steps.length > 0 ? ['', 'Next steps:', ...steps] : []),
    '',
    needsAttention(report) ? paint('red', summary(report)) : paint('green', 'Everything is in order.'),
  ];
  return `${lines.join('\n')}\n`;
}

/** Counts the objects that the trigger's suffixes exclude, which may be photos in an unexpected format. */
function excludedLine({ excludedExtensions }: AuditReport): string[] {
  const counts = Object.entries(excludedExtensions).map(
    ([extension, count]) => `${extension || 'no extension'} ${count.toLocaleString('en')}`,
  );
  return counts.length === 0 ? [] : [`Excluded by \`trigger.suffixes\`: ${counts.join(', ')}.`];
}

function stateLines(state: PhotoState, { count, keys }: StateCount, report: AuditReport, paint: Paint): string[] {
  const { label, sentence, attention } = describeState(state);
  const more = count - keys.length;
  const paintLabel = (text: string): string => (attention ? paint('red', text) : text);
  return [
    countLine(label, count, state === 'failed' ? codes(report) : sentence, paintLabel),
    ...keys.map((key) => `    "${readableText(key)}"`),
    ...(state !== 'processed' && more > 0 && keys.length > 0
      ? [`    and ${more.toLocaleString('en')} more; --keys ${count} lists them all`]
      : []),
  ];
}

function countLine(label: string, count: number, description: string, paintLabel: (text: string) => string): string {
  return `${paintLabel(label.padEnd(17))}${count.toLocaleString('en').padStart(9)}  ${description}`;
}

function codes({ failureCodes }: Findings): string {
  return Object.entries(failureCodes)
    .map(([code, count]) => `${code} ${count.toLocaleString('en')}`)
    .join(', ');
}

function nextStep(state: PhotoState, { function: functionName, bucket }: AuditReport): string[] {
  const { label, attention, nextStep: step } = describeState(state);
  if (step === undefined || (!attention && state !== 'otherRecipe')) return [];
  return [`  ${label}: ${step({ functionName, bucket })}`];
}

function deadLetterStep({ deadLetters, function: name }: AuditReport): string[] {
  return deadLetters > 0 ? [`  dead letters: npm run pipeline -- redrive --function ${name}`] : [];
}

function summary(report: AuditReport): string {
  const photos = needingAttention(report);
  const parts = [
    ...(photos > 0 ? [counted(photos, 'photo')] : []),
    ...(report.deadLetters > 0 ? [counted(report.deadLetters, 'dead letter')] : []),
  ];
  return `Needs attention: ${parts.join(' and ')}.`;
}
