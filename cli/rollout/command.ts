import { setTimeout as delay } from 'node:timers/promises';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import type { Command } from 'commander';
import { ALARM_NAMES, alarmAnchor, PHOTOS_NOT_PROCESSED } from '../../config/settings.ts';
import { EXIT, interruptibly, numberBetween, OperatorError, positiveNumber, withFunctionOption } from '../pipeline/command-line.ts';
import { LiveAlias, type Routing } from '../pipeline/live-alias.ts';
import { confirm } from '../terminal/confirm.ts';
import { print } from '../terminal/text.ts';

const NOTES = `
For deployments with deployment.rollout = 'gradual', whose new versions
Terraform publishes without sending events to them. If an alarm of the function
goes off, or on Ctrl-C, all events go to the old version again. The alarms look
back over periods of five minutes, so watch for longer than that.

Needs lambda:GetAlias, lambda:ListVersionsByFunction, lambda:UpdateAlias and
cloudwatch:DescribeAlarms.`;

interface RolloutOptions {
  readonly function: string;
  readonly percent: number;
  readonly minutes: number;
  readonly yes: boolean;
}

/** Adds `rollout` to the commands. */
export function register(program: Command): void {
  withFunctionOption(program.command('rollout'))
    .description('Send events to the newest version of the function: some at first, and all if no alarm goes off.')
    .option('--percent <number>', 'share of the events that the new version gets at first, 1 to 99', numberBetween(1, 99), 10)
    .option('--minutes <number>', 'how long to watch the alarms before it gets all of them', positiveNumber, 10)
    .option('-y, --yes', 'do not ask for confirmation', false)
    .addHelpText('after', NOTES)
    .action(async (options: RolloutOptions) => {
      process.exitCode = await rollout(options);
    });
}

async function rollout({ function: name, percent, minutes, yes }: RolloutOptions): Promise<number> {
  const alias = new LiveAlias(name);
  const alarms = new DeployedAlarms(name);
  const routing = await alias.routing();
  const newest = (await alias.versions())[0]?.version ?? routing.version;
  if (newest === routing.version && routing.candidate === undefined) {
    print(`Version ${newest} is the newest and gets all events already.`);
    return EXIT.inOrder;
  }
  const on = await alarms.on();
  if (on.length > 0)
    throw new OperatorError(
      `These alarms are on, so a new one could not be noticed: ${on.join(', ')}. docs/runbook.md has an entry for each.`,
    );
  print(
    `Version ${newest} gets ${percent} % of the events for ${minutes} minutes, version ${routing.version} the rest; then version ${newest} gets all.`,
  );
  if (!yes && !(await confirm('Begin?'))) {
    print('Nothing was changed.');
    return EXIT.notCarriedOut;
  }
  const shifted = await alias.route({ version: routing.version, candidate: { version: newest, share: percent / 100 } }, routing);
  return interruptibly((interruption) => finish({ alias, alarms, shifted, newest, minutes, interruption }));
}

interface Watch extends Pick<RolloutOptions, 'minutes'> {
  readonly alias: LiveAlias;
  readonly alarms: DeployedAlarms;
  readonly shifted: Routing;
  readonly newest: string;
  readonly interruption: AbortSignal;
}

/** Completes the rollout if the alarms stay quiet; otherwise, also if they cannot be read, sends all events to the old version. */
async function finish({ alias, alarms, shifted, newest, minutes, interruption }: Watch): Promise<number> {
  let on: string[];
  try {
    on = await firstAlarms(alarms, minutes, interruption);
  } catch (error) {
    await alias.route({ version: shifted.version }, shifted);
    throw error;
  } finally {
    redraw('');
  }
  if (on.length === 0 && !interruption.aborted) {
    await alias.route({ version: newest }, shifted);
    print(`No alarm went off. Version ${newest} gets all events now.`);
    return EXIT.inOrder;
  }
  await alias.route({ version: shifted.version }, shifted);
  const reason = on.length > 0 ? `Alarms went off: ${on.join(', ')}.` : 'Interrupted.';
  print(`${reason} All events go to version ${shifted.version} again.`);
  return on.length > 0 ? EXIT.needsAttention : EXIT.interrupted;
}

/** How often the alarms are read. */
const POLL_MILLISECONDS = 15_000;

/** Returns the alarms that go off within the time, as soon as any does. */
async function firstAlarms(alarms: DeployedAlarms, minutes: number, signal: AbortSignal): Promise<string[]> {
  const end = performance.now() + minutes * 60_000;
  while (!signal.aborted) {
    const on = await alarms.on();
    const left = end - performance.now();
    if (on.length > 0 || left <= 0) return on;
    redraw(`No alarm is on · ${Math.ceil(left / 60_000)} min left `);
    await delay(Math.min(POLL_MILLISECONDS, left), undefined, { signal }).catch(() => {});
  }
  return [];
}

/** Replaces the line on the terminal, if there is one. */
function redraw(text: string): void {
  if (!process.stderr.isTTY) return;
  process.stderr.cursorTo(0);
  process.stderr.clearLine(1);
  process.stderr.write(text);
}

/** The alarms of a deployed function. */
class DeployedAlarms {
  readonly #cloudwatch = new CloudWatchClient({});
  readonly #names: string[];

  constructor(functionName: string) {
    this.#names = [...ALARM_NAMES.map(alarmAnchor), PHOTOS_NOT_PROCESSED].map((anchor) => `${functionName}-${anchor}`);
  }

  /**
   * Returns the names of the alarms that are on.
   * @throws {OperatorError} if there are no alarms
   */
  async on(): Promise<string[]> {
    const { MetricAlarms = [], CompositeAlarms = [] } = await this.#cloudwatch.send(
      new DescribeAlarmsCommand({ AlarmNames: this.#names, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }),
    );
    const alarms = [...MetricAlarms, ...CompositeAlarms];
    if (alarms.length === 0)
      throw new OperatorError('The function has no alarms, so nothing could stop the rollout. Deploy the whole stack again.');
    return alarms.filter(({ StateValue }) => StateValue === 'ALARM').flatMap(({ AlarmName = [] }) => AlarmName);
  }
}
