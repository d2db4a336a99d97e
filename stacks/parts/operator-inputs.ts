import { Fn, TerraformVariable, type TerraformVariableConfig, type TerraformVariableValidationConfig, VariableType } from 'cdktf';
import { Construct } from 'constructs';
import { namesBox } from '../../config/rendition-keys.ts';
import { fillIn, type PipelineSettings } from '../../config/settings.ts';
import { BOX_SIDE } from '../../lambda-src/contract/recipe.ts';

type BucketSettings = PipelineSettings['uploadBucket'];

/** A variable and the rule that its value must follow. */
type Input = Pick<TerraformVariableConfig, 'type' | 'default' | 'description'> & TerraformVariableValidationConfig;

const EMAIL_PATTERN = '^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+[.][A-Za-z]{2,}$';

/** A subscriber that is not a mailbox. It has no commas, because the validation joins the list with commas. */
const ENDPOINT_PATTERN = '(https://[^, ]+|arn:aws[a-z-]*:(sqs|lambda):[a-z0-9-]+:[0-9]{12}:[^, ]+)';

/** S3's rules, but without dots, which S3's TLS certificates do not cover (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html). */
const BUCKET_NAME_PATTERN = '^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$';

/** About 90 photos of 12 megapixels a second with 1,024 MB, and a small part of an account's default quota of 1,000. */
const DEFAULT_BATCH_CONCURRENCY = 50;

/** The Terraform variables. Only `notification_email` has no default. */
export class OperatorInputs extends Construct {
  readonly notificationEmail: string;
  /** `alarm_email`, or `notification_email` if that is null. */
  readonly alarmEmail: string;
  readonly mailedStatuses: string[];
  readonly reservedConcurrency: number;
  readonly logLevel: string;
  /** Concurrency reserved for batch jobs; absent unless `batchJobs` is set. */
  readonly batchConcurrency: number | undefined;
  /** Complete names, from the variable if the settings name one. */
  readonly uploadBucketName: string;
  readonly outputBucketName: string | undefined;
  /** The box of the first rendition, in pixels; absent if there are no renditions, or if the rendition's key contains its size. */
  readonly box: { readonly width: string; readonly height: string } | undefined;
  /** Subscribers besides the mail addresses, as expressions for sets of URLs and ARNs. */
  readonly notificationEndpoints: string;
  readonly alarmEndpoints: string;
  /** An expression: whether to check the configuration of existing buckets; absent if there are none. */
  readonly verifyExistingBuckets: string | undefined;
  private readonly settings: PipelineSettings;

  constructor(scope: Construct, id: string, settings: PipelineSettings, accountId: string) {
    super(scope, id);
    this.settings = settings;
    const notificationEmail = this.notificationEmailVariable();
    this.notificationEmail = notificationEmail.stringValue;
    this.alarmEmail = Fn.coalesce([this.alarmEmailVariable().value, notificationEmail.value]);
    this.notificationEndpoints = this.endpointsVariable('notification_endpoints', 'every published notification about images');
    this.alarmEndpoints = this.endpointsVariable('alarm_endpoints', 'every alarm and every recovery');
    this.mailedStatuses = this.mailedStatusesVariable().listValue;
    this.reservedConcurrency = this.reservedConcurrencyVariable().numberValue;
    this.logLevel = this.logLevelVariable().stringValue;
    this.batchConcurrency = settings.batchJobs ? this.batchConcurrencyVariable().numberValue : undefined;
    this.uploadBucketName = this.bucketName(settings.uploadBucket, accountId);
    this.outputBucketName = settings.outputBucket === null ? undefined : this.bucketName(settings.outputBucket, accountId);
    this.box = this.boxVariables();
    this.verifyExistingBuckets = this.verifyExistingBucketsVariable();
  }

  private notificationEmailVariable(): TerraformVariable {
    return this.variable('notification_email', {
      type: VariableType.STRING,
      description: `E-mail address for notifications about images (${this.settings.notifications.mail.join(' and ')}); AWS sends a confirmation link first.`,
      condition: `\${can(regex("${EMAIL_PATTERN}", var.notification_email))}`,
      errorMessage: 'notification_email must be an e-mail address, such as ops@example.com.',
    });
  }

  private alarmEmailVariable(): TerraformVariable {
    return this.optionalVariable('alarm_email', {
      type: VariableType.STRING,
      description: 'E-mail address for alarms; AWS sends a confirmation link first. Default: notification_email.',
      condition: `\${var.alarm_email == null || can(regex("${EMAIL_PATTERN}", var.alarm_email))}`,
      errorMessage: 'alarm_email must be an e-mail address, such as oncall@example.com, or null for notification_email.',
    });
  }

  private mailedStatusesVariable(): TerraformVariable {
    const { publish, mail } = this.settings.notifications;
    const published = publish.includes('report') ? ['processed', 'failed'] : publish;
    const allowed = published.map((status) => `"${status}"`).join(', ');
    return this.variable('notification_statuses', {
      type: VariableType.SET_STRING,
      default: mail,
      description: `Statuses of the notifications to mail: any of ${allowed}.`,
      condition: `\${length(var.notification_statuses) > 0 && length(setsubtract(var.notification_statuses, [${allowed}])) == 0}`,
      errorMessage: `notification_statuses must contain at least one of ${allowed} and nothing else: only these are published.`,
    });
  }

  private endpointsVariable(name: string, what: string): string {
    this.variable(name, {
      type: VariableType.SET_STRING,
      default: [],
      description: `Further subscribers that get ${what}: HTTPS URLs and ARNs of SQS queues and Lambda functions. The policy of a queue or function must allow the topic, and an HTTPS endpoint must confirm.`,
      condition: `\${length(var.${name}) == 0 || can(regex("^${ENDPOINT_PATTERN}(,${ENDPOINT_PATTERN})*$", join(",", var.${name})))}`,
      errorMessage: `${name} must hold only URLs that begin with https:// and ARNs of SQS queues or Lambda functions.`,
    });
    return `\${var.${name}}`;
  }

  private reservedConcurrencyVariable(): TerraformVariable {
    return this.variable('reserved_concurrency', {
      type: VariableType.NUMBER,
      default: this.settings.function.reservedConcurrency,
      description:
        'Concurrent executions reserved for the function, which are also its maximum; -1 for no reservation. 0 stops processing: Lambda then sends every new event straight to the dead-letter queue, without a retry, and keeps it there for 14 days (see "Stop processing" in docs/runbook.md). AWS keeps 100 of the account quota unreserved; a new account may have a quota of only 10, so use -1 there.',
      condition: '${var.reserved_concurrency >= -1 && floor(var.reserved_concurrency) == var.reserved_concurrency}',
      errorMessage: 'reserved_concurrency must be a whole number of executions, 0 or more, or -1 for no reservation.',
    });
  }

  private logLevelVariable(): TerraformVariable {
    return this.variable('log_level', {
      type: VariableType.STRING,
      default: 'INFO',
      description:
        "Least level of the lines in the function's log: DEBUG, INFO, WARN or ERROR. DEBUG adds the keys that each invocation receives; above INFO, outcomes are not logged, and the dashboard cannot count them.",
      condition: '${can(regex("^(DEBUG|INFO|WARN|ERROR)$", var.log_level))}',
      errorMessage: 'log_level must be DEBUG, INFO, WARN or ERROR, in capitals.',
    });
  }

  private batchConcurrencyVariable(): TerraformVariable {
    return this.variable('batch_concurrency', {
      type: VariableType.NUMBER,
      default: DEFAULT_BATCH_CONCURRENCY,
      description:
        'Concurrent executions reserved for batch jobs, which are also their maximum. Uploads keep those of reserved_concurrency. -1 for no reservation: jobs then take what the account has left. AWS keeps 100 of the account quota unreserved; a new account may have a quota of only 10, so use -1 there.',
      condition: '${(var.batch_concurrency >= 1 || var.batch_concurrency == -1) && floor(var.batch_concurrency) == var.batch_concurrency}',
      errorMessage: 'batch_concurrency must be a whole number of executions, 1 or more, or -1 for no reservation.',
    });
  }

  private bucketName({ name, nameVariable }: BucketSettings, accountId: string): string {
    const named = fillIn(name, this.settings, accountId);
    if (nameVariable === undefined) return named;
    const variable = this.optionalVariable(nameVariable, {
      type: VariableType.STRING,
      description: `Name of the bucket, unique in all of AWS. Default: ${fillIn(name, this.settings, '{account id}')}.`,
      condition: `\${var.${nameVariable} == null || can(regex("${BUCKET_NAME_PATTERN}", var.${nameVariable}))}`,
      errorMessage: `${nameVariable} must be 3 to 63 lower-case letters, digits and inner hyphens, or null for the default name.`,
    });
    return Fn.coalesce([variable.value, named]);
  }

  private verifyExistingBucketsVariable(): string | undefined {
    const { uploadBucket, outputBucket } = this.settings;
    if (uploadBucket.existing === undefined && outputBucket?.existing === undefined) return undefined;
    this.named('verify_existing_buckets', {
      type: VariableType.BOOL,
      nullable: false,
      default: true,
      description:
        'Whether a plan checks that existing buckets are versioned and send their events to EventBridge. The check needs cloudformation:GetResource; set false where that is not allowed.',
    });
    return 'var.verify_existing_buckets';
  }

  private boxVariables(): OperatorInputs['box'] {
    const [first] = this.settings.recipe.renditions;
    if (first === undefined || namesBox(first)) return undefined;
    return {
      width: this.boxSideVariable('width', first.name, first.width).stringValue,
      height: this.boxSideVariable('height', first.name, first.height).stringValue,
    };
  }

  private boxSideVariable(side: 'width' | 'height', rendition: string, defaultPixels: number): TerraformVariable {
    const name = `image_max_${side}`;
    return this.variable(name, {
      type: VariableType.NUMBER,
      default: defaultPixels,
      description: `Maximum ${side} of the rendition "${rendition}", in pixels, ${BOX_SIDE.least} to ${BOX_SIDE.most}; images are never enlarged.`,
      condition: `\${var.${name} >= ${BOX_SIDE.least} && var.${name} <= ${BOX_SIDE.most} && floor(var.${name}) == var.${name}}`,
      errorMessage: `${name} must be a whole number of pixels from ${BOX_SIDE.least} to ${BOX_SIDE.most}.`,
    });
  }

  /** Creates a variable that cannot be null. */
  private variable(name: string, { condition, errorMessage, ...config }: Input): TerraformVariable {
    return this.named(name, { ...config, nullable: false, validation: [{ condition, errorMessage }] });
  }

  /** Creates a variable that is null by default. */
  private optionalVariable(name: string, { condition, errorMessage, ...config }: Omit<Input, 'default'>): TerraformVariable {
    const variable = this.named(name, { ...config, validation: [{ condition, errorMessage }] });
    // As an override, because cdktf rejects a null default.
    variable.addOverride('default', null);
    return variable;
  }

  /** Overrides the logical id, because users type the name after `--var` and it must not contain this construct's path. */
  private named(name: string, config: TerraformVariableConfig): TerraformVariable {
    const variable = new TerraformVariable(this, name, config);
    variable.overrideLogicalId(name);
    return variable;
  }
}
