import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { ALARM_NAMES, alarmAnchor, PHOTOS_NOT_PROCESSED } from '../../config/settings.ts';
import { OperatorError } from '../pipeline/command-line.ts';

/** The alarms of a deployed function. */
export class DeployedAlarms {
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
