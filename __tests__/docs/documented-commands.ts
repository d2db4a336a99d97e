import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The pages whose commands are tested. */
export const PAGES: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** A command on a page, without its trailing comment. */
export interface DocumentedCommand {
  readonly page: string;
  readonly text: string;
  /** The variable assignments on the page, if the command uses one. */
  readonly before: readonly string[];
}

const ASSIGNMENT = /^(?:export )?[A-Z_]+=(?:\S+|\$\(.+\))$/;

/** In prose, only a command with arguments counts; without them, it is just a name. */
const IN_PROSE = /`((?:aws \w+|npx \w+|npm [\w: ]+ --|terraform (?:-chdir|login)|[A-Z_]+=[\w-]+ np[mx])[^`]*)`/g;

/** Returns every command of a page: the lines of its `sh` blocks, and those in its sentences. */
export function commandsOf(page: string): DocumentedCommand[] {
  const text = readFileSync(page, 'utf8');
  const blocks = [...text.matchAll(/^ *```sh\n(.*?)^ *```$/gms)].map(([, block = '']) => block.replaceAll(/\\\n\s*/g, ''));
  const lines = blocks
    .flatMap((block) => block.split('\n').map((line) => line.replace(/\s{2,}# .*$/, '').trim()))
    .filter((line) => line !== '');
  const before = lines.filter((line) => ASSIGNMENT.test(line));
  const inBlocks = lines.filter((line) => !ASSIGNMENT.test(line)).flatMap((line) => line.split(' && '));
  const inProse = [...text.replaceAll(/^ *```.*?^ *```$/gms, '').matchAll(IN_PROSE)].map(([, command = '']) => command);
  return [...inBlocks, ...inProse].map((command) => ({ page, text: command, before: /\$[A-Z]/.test(command) ? before : [] }));
}

/** Returns every command of every page, without duplicates. */
export function documentedCommands(): DocumentedCommand[] {
  const all = PAGES.flatMap(commandsOf);
  return all.filter(({ text }, index) => all.findIndex((command) => command.text === text) === index);
}

/** How a command is tested. */
export type Proof =
  /** `npm run test:processes` runs it. */
  | { readonly by: 'npm run test:processes' }
  /** `npm run test:processes` finds its options in the output of `--help`. */
  | { readonly by: 'help'; readonly reason: string }
  /** `.ci/run` runs this. */
  | { readonly by: '.ci/run'; readonly step: string }
  /** `npm run test:processes` runs it in a temporary repository. */
  | { readonly by: 'hook' }
  /** `npm test` compares its scripts with those in `.ci/run`. */
  | { readonly by: 'its scripts' }
  /** `npm run e2e` runs it in a folder with photos, and appends `and` where the command would take long or interfere with the run. */
  | { readonly by: 'e2e'; readonly and?: string; readonly prints?: RegExp; readonly leaves?: string }
  /** `npm run e2e` deploys or destroys presets with it. */
  | { readonly by: 'deployment' }
  /** `npm run e2e` runs it against the deployed preset. */
  | {
      readonly by: 'photo-sharing' | 'image-metadata';
      readonly and?: string;
      readonly exitCodes?: readonly number[];
      readonly prints?: RegExp;
    }
  /** `npm run e2e` runs it on the log of a deployed function, or of a deployed reconciler. */
  | { readonly by: 'log' | 'log of the reconciler' }
  /** `npm run e2e` runs it against a deployment with batch jobs, where `$JOB` waits for confirmation. */
  | { readonly by: 'batch-jobs'; readonly and?: string; readonly prints: RegExp }
  | { readonly by: 'nothing'; readonly reason: string };

const BENCH: Proof = { by: 'help', reason: 'it takes minutes and uses every core' };
const MUTATION: Proof = { by: 'nothing', reason: 'it takes from minutes to most of an hour' };
const HCP: Proof = { by: 'nothing', reason: 'HCP Terraform has no emulator; its synthesis is run' };
const ONE_PRESET: Proof = {
  by: 'e2e',
  and: '-- --output one',
  prints: /Generated Terraform code/,
  leaves: 'one/stacks/photo-sharing-ci/cdk.tf.json',
};
const LEAVES_A_REPORT: Proof = { by: 'e2e', leaves: 'out/report.html' };

/** The proof of every command, by its text on the page. */
export const PROOFS: Readonly<Record<string, Proof>> = {
  'npm ci': { by: '.ci/run', step: 'npm ci' },
  'npm run check': { by: 'its scripts' },
  'git config core.hooksPath .githooks': { by: 'hook' },
  'npm test': { by: '.ci/run', step: 'npm test --silent' },
  'npm run test:processes': { by: '.ci/run', step: 'npm run --silent test:processes' },
  'npm run test:runtimes': { by: '.ci/run', step: 'npm run --silent test:runtimes' },
  'npm run synth': { by: '.ci/run', step: 'npm run --silent synth' },
  'npm run browser': { by: '.ci/run', step: 'npm run --silent browser' },
  'npm run e2e': { by: '.ci/run', step: 'npm run --silent e2e' },
  'npm run e2e -- NAME': { by: '.ci/run', step: 'npm run --silent e2e' },
  'npm run e2e -- hostile-memory': { by: '.ci/run', step: 'npm run --silent e2e' },
  'npm run e2e -- heic': { by: '.ci/run', step: 'npm run --silent e2e' },

  'npm run pipeline -- --help': { by: 'npm run test:processes' },
  'npm run pipeline -- estimate': { by: 'e2e', prints: /First bottlenecks/ },
  'npm run pipeline -- estimate --scale': { by: 'npm run test:processes' },
  'npm run pipeline -- estimate --compare': { by: 'npm run test:processes' },
  'npm run pipeline -- estimate --prices': { by: 'npm run test:processes' },
  'npm run pipeline -- simulate': { by: 'npm run test:processes' },
  'npm run pipeline -- simulate --scale': { by: 'npm run test:processes' },
  'npm run pipeline -- simulate --images-per-day 10000000 --concurrency 1000 --seed 7': { by: 'npm run test:processes' },
  'npm run pipeline -- estimate --preset photo-sharing': { by: 'e2e', prints: /First bottlenecks/ },
  'npm run pipeline -- estimate --images-per-day 250000': { by: 'e2e', prints: /First bottlenecks/ },
  'npm run pipeline -- estimate --preset photo-sharing --images-per-day 250000 --megapixels 24 --milliseconds 900': {
    by: 'e2e',
    prints: /First bottlenecks/,
  },

  'npm run bench': BENCH,
  'npm run bench:heic': { by: 'nothing', reason: 'it takes minutes; the tests of HEIC run the same decoder' },
  'npm run bench -- --quick': BENCH,
  'npm run bench -- --json': BENCH,
  'npm run bench -- --only "the main job"': BENCH,
  'npm run bench -- --only "commands at scale"': BENCH,
  'npm run bench -- --right-sizing --write-docs': BENCH,

  'npm start': LEAVES_A_REPORT,
  'npm start -- ~/Pictures/holiday': LEAVES_A_REPORT,
  'npm start -- --heic ~/Pictures/holiday': LEAVES_A_REPORT,
  'npm start -- --serve --heic': { by: 'e2e', prints: /http:\/\// },
  'npm start -- --preset media-thumbnails a.jpg b.png': LEAVES_A_REPORT,
  'npm start -- --preset photo-sharing': LEAVES_A_REPORT,
  'npm start -- --preset media-thumbnails': LEAVES_A_REPORT,
  'npm start -- --preset upload-processing': LEAVES_A_REPORT,
  'npm start -- --preset image-metadata': LEAVES_A_REPORT,
  'npm start -- --preset NAME': LEAVES_A_REPORT,
  'npm start -- PHOTO': LEAVES_A_REPORT,
  'npm start -- --json photos > run.json': { by: 'e2e', leaves: 'run.json' },
  'npm start -- --no-report photos': { by: 'e2e', prints: /photos a second/ },
  'npm start -- --serve': { by: 'e2e', prints: /http:\/\// },
  'npm start -- --serve --state studio': { by: 'e2e', prints: /http:\/\//, leaves: 'studio' },
  'npm run mutation': MUTATION,
  'npm run mutation -- protocol --mutate lambda-src/announce.ts': MUTATION,
  'npm run diagram': { by: 'e2e', prints: /^docs\/architecture\/photo-sharing\.svg$/m },
  'npm run explore': { by: '.ci/run', step: 'npm run --silent explore' },
  'npm run storm -- --schedules 100000': { by: 'e2e', and: '--schedules 200', prints: /^200 schedules.*no violation/m },
  'npm run storm -- --schedules 100000 --seed 1': { by: 'e2e', and: '--schedules 200', prints: /seed 1: no violation/ },
  'npm test -- -t "Fault 7"': { by: 'e2e', and: 'faults', prints: /^Tests:.* [1-9]\d* passed/m },
  'npm run test:processes -- -t "Fault 3"': { by: 'e2e', and: 'faults', prints: /^Tests:.* [1-9]\d* passed/m },
  'npm run module -- --preset photo-sharing': {
    by: 'e2e',
    prints: /^dist\/module\/photo-sharing$/m,
    leaves: 'dist/module/photo-sharing/main.tf.json',
  },
  'PRESETS=NAME npm run synth': ONE_PRESET,
  'PRESETS=photo-sharing npm run synth': ONE_PRESET,
  'TF_CLOUD_ORGANIZATION=acme npm run synth': {
    by: 'e2e',
    and: '-- --output hcp',
    prints: /Generated Terraform code/,
    leaves: 'hcp/stacks/photo-sharing-ci/cdk.tf.json',
  },

  'TF_STATE_BUCKET=acme-terraform-state TF_STATE_REGION=eu-west-1 TF_STATE_PREFIX=images/ npm run synth': {
    by: 'e2e',
    and: '-- --output s3-state',
    prints: /Generated Terraform code/,
    leaves: 's3-state/stacks/photo-sharing-ci/cdk.tf.json',
  },

  'npx cdktf deploy photo-sharing-dev --var notification_email=you@example.com': { by: 'deployment' },
  'npx cdktf deploy media-thumbnails-dev --var notification_email=you@example.com': { by: 'deployment' },
  'npx cdktf deploy upload-processing-dev --var notification_email=you@example.com': { by: 'deployment' },
  'npx cdktf deploy image-metadata-dev --var notification_email=you@example.com': { by: 'deployment' },
  'npx cdktf destroy photo-sharing-dev --var notification_email=you@example.com': { by: 'deployment' },

  'aws s3 cp photo.jpg "s3://$(terraform -chdir=cdktf.out/stacks/photo-sharing-dev output -raw upload_bucket_name)/"': {
    by: 'photo-sharing',
    prints: /upload: \.\/photo\.jpg to s3:\/\/photo-uploads-/,
  },
  'npm run pipeline -- explain "holiday/beach.jpg" --function ImageProcessor-photo-sharing-dev': {
    by: 'photo-sharing',
    prints: /holiday\/beach\.jpg/,
  },
  'npm run pipeline -- audit --function ImageProcessor-photo-sharing-dev': { by: 'photo-sharing', exitCodes: [0, 1] },
  'npm run pipeline -- backfill --function ImageProcessor-photo-sharing-dev': { by: 'photo-sharing' },
  'npm run pipeline -- redrive --function ImageProcessor-photo-sharing-dev': { by: 'photo-sharing', prints: /to redrive/ },
  'npm run pipeline -- redrive --function ImageProcessor-photo-sharing-dev --apply': { by: 'photo-sharing', prints: /redriven, 0 kept/ },
  'npm run pipeline -- explain holiday/IMG_0001.JPG --function $FUNCTION': { by: 'photo-sharing', prints: /holiday\/IMG_0001\.JPG/ },
  'npm run pipeline -- audit --function $FUNCTION --fix': {
    by: 'photo-sharing',
    and: '--yes',
    exitCodes: [0, 1],
    prints: /objects? in photo-uploads-/,
  },
  'npm run pipeline -- audit --function ImageProcessor-photo-sharing-dev --fix': {
    by: 'photo-sharing',
    and: '--yes',
    exitCodes: [0, 1],
    prints: /objects? in photo-uploads-/,
  },
  'npm run pipeline -- audit --function $FUNCTION': { by: 'photo-sharing', exitCodes: [0, 1] },
  'npm run pipeline -- backfill --function $FUNCTION': { by: 'photo-sharing' },
  'npm run pipeline -- backfill --function ImageProcessor-photo-sharing-dev --batch': {
    by: 'batch-jobs',
    and: '--prefix documented/ --yes',
    prints: /2 photos: 2 succeeded/,
  },
  'npm run pipeline -- backfill --function $FUNCTION --batch': { by: 'batch-jobs', and: '--again --yes', prints: /^To process: / },
  'npm run pipeline -- backfill --function $FUNCTION --batch --all': { by: 'batch-jobs', and: '--yes', prints: /: Complete after/ },
  'npm run pipeline -- backfill --function $FUNCTION --status': { by: 'batch-jobs', prints: /Suspended .* documented$/m },
  'npm run pipeline -- backfill --function $FUNCTION --status $JOB': { by: 'batch-jobs', prints: /It waits for confirmation/ },
  'npm run pipeline -- backfill --function $FUNCTION --resume $JOB': { by: 'batch-jobs', and: '--yes', prints: /: Complete after/ },
  'npm run pipeline -- backfill --function $FUNCTION --cancel $JOB': { by: 'batch-jobs', prints: /is being cancelled/ },
  'npm run pipeline -- redrive --function $FUNCTION': { by: 'photo-sharing', prints: /to redrive/ },
  'npm run pipeline -- redrive --function $FUNCTION --apply': { by: 'photo-sharing', prints: /redriven, 0 kept/ },
  'npm run pipeline -- rollback --function ImageProcessor-photo-sharing-dev': {
    by: 'photo-sharing',
    and: '--to 3 --yes',
    exitCodes: [2],
    prints: /The alias points to version 3 already/,
  },
  // The run has deployed three versions by then; the rollout returns to the newest.
  'npm run pipeline -- rollback --function $FUNCTION': { by: 'photo-sharing', and: '--yes', prints: /All events go to version 2 now/ },
  'npm run pipeline -- rollout --function $FUNCTION': {
    by: 'photo-sharing',
    and: '--minutes 0.01 --yes',
    prints: /Version 3 gets all events now/,
  },
  "aws cloudwatch describe-alarms --state-value ALARM --alarm-name-prefix $FUNCTION- --query 'MetricAlarms[].AlarmName'": {
    by: 'photo-sharing',
  },
  'aws lambda get-function-concurrency --function-name $FUNCTION': { by: 'photo-sharing', prints: /"ReservedConcurrentExecutions": 100/ },
  // The emulated AWS does not know this call; the CLI at least parses it.
  'aws lambda get-account-settings --query AccountLimit': { by: 'photo-sharing', and: '--generate-cli-skeleton' },
  'aws dynamodb describe-limits': { by: 'photo-sharing', prints: /AccountMaxWriteCapacityUnits/ },
  "aws logs filter-log-events --log-group-name /aws/lambda/$FUNCTION --start-time $(($(date +%s) - 3600))000 --filter-pattern '{ $.message = \"fault\" }' --query 'events[].[message]' --output text":
    { by: 'log' },
  "aws logs filter-log-events --log-group-name /aws/lambda/$FUNCTION --start-time $(($(date +%s) - 3600))000 --filter-pattern '{ $.milliseconds > 20000 }' --query 'events[].[message]' --output text":
    { by: 'log' },
  "aws logs filter-log-events --log-group-name /aws/lambda/$FUNCTION-reconciler --start-time $(($(date +%s) - 86400))000 --filter-pattern '{ $.message = \"reconciliation\" }' --query 'events[].[message]' --output text":
    { by: 'log of the reconciler' },
  "aws logs filter-log-events --log-group-name /aws/lambda/$FUNCTION-reconciler --start-time $(($(date +%s) - 86400))000 --filter-pattern '{ $.level = \"ERROR\" }' --query 'events[].[message]' --output text":
    { by: 'log of the reconciler' },
  'aws dynamodb query --table-name ImageMetadata-dev --index-name UploadTimestampIndex --no-scan-index-forward --key-condition-expression \'UploadDate = :day\' --expression-attribute-values \'{":day":{"S":"2026-05-01"}}\'':
    { by: 'image-metadata', prints: /"Count": 0/ },
  'terraform -chdir=cdktf.out/stacks/photo-sharing-dev init': { by: 'photo-sharing', prints: /successfully initialized/ },
  'terraform -chdir=cdktf.out/stacks/photo-sharing-dev init -migrate-state': { by: 'photo-sharing', prints: /successfully initialized/ },
  'terraform login': HCP,
  'TF_CLOUD_ORGANIZATION=acme npx cdktf diff photo-sharing-dev': HCP,
};
