import type { FunctionConfiguration } from '@aws-sdk/client-lambda';
import type { Command } from 'commander';
import { LIVE_ALIAS } from '../../config/settings.ts';
import { EXIT, OperatorError, withFunctionOption } from '../pipeline/command-line.ts';
import { LiveAlias, type PublishedVersion, type Routing } from '../pipeline/live-alias.ts';
import { confirm } from '../terminal/confirm.ts';
import { print } from '../terminal/text.ts';

const NOTES = `
Every deployment publishes a version of the function: its code and its settings.
All events go to the version that the alias "${LIVE_ALIAS}" points to, and a rollback
points it to an earlier one. Invocations in progress end with the version they
began with. Buckets, table, topics and the role stay as they are.

Needs lambda:GetAlias, lambda:ListVersionsByFunction and lambda:UpdateAlias.`;

interface RollbackOptions {
  readonly function: string;
  readonly to?: string;
  readonly yes: boolean;
}

/** Adds `rollback` to the commands. */
export function register(program: Command): void {
  withFunctionOption(program.command('rollback'))
    .description('Return to the previous version of the function, after showing what differs.')
    .option('--to <version>', 'version to return to (default: the one before the current one)')
    .option('-y, --yes', 'do not ask for confirmation', false)
    .addHelpText('after', NOTES)
    .action(async (options: RollbackOptions) => {
      process.exitCode = await rollback(options);
    });
}

async function rollback({ function: name, to, yes }: RollbackOptions): Promise<number> {
  const alias = new LiveAlias(name);
  const routing = await alias.routing();
  const versions = await alias.versions();
  const target = targetOf(routing, versions, to);
  print(planText(routing, versions, target));
  if (!yes && !(await confirm(`Send all events to version ${target.version}?`))) {
    print('Nothing was changed.');
    return EXIT.notCarriedOut;
  }
  await alias.route({ version: target.version }, routing);
  print(doneText(target, versions));
  return EXIT.inOrder;
}

function targetOf({ version, candidate }: Routing, versions: readonly PublishedVersion[], asked: string | undefined): PublishedVersion {
  const list = versions.map((each) => each.version).join(', ') || 'none';
  if (asked !== undefined) {
    const found = versions.find((each) => each.version === asked);
    if (found === undefined) throw new OperatorError(`There is no version "${asked}". Published versions: ${list}.`);
    if (asked === version && candidate === undefined) throw new OperatorError(`The alias points to version ${version} already.`);
    return found;
  }
  // While a rollout is in progress, the previous version is the one that still gets most of the events.
  const previous = versions.find((each) => (candidate === undefined ? Number(each.version) < Number(version) : each.version === version));
  if (previous === undefined) {
    throw new OperatorError(
      `There is no version before version ${version}, which is in use. Published versions: ${list}. Name another with --to.`,
    );
  }
  return previous;
}

function planText({ version, candidate }: Routing, versions: readonly PublishedVersion[], target: PublishedVersion): string {
  const leaving = candidate?.version ?? version;
  const current = versions.find((each) => each.version === leaving);
  return [
    ...(candidate === undefined ? [] : [`A rollout sends ${percent(candidate.share)} of the events to version ${candidate.version}.`]),
    `From  ${lineOf(leaving, current)}`,
    `To    ${lineOf(target.version, target)}`,
    ...(current === undefined ? [] : differences(current.configuration, target.configuration)).map((line) => `  ${line}`),
  ].join('\n');
}

function lineOf(version: string, found: PublishedVersion | undefined): string {
  return `version ${version}${found === undefined ? '' : `, published ${found.publishedAt.slice(0, 19).replace('T', ' ')} UTC`}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function doneText({ version }: PublishedVersion, versions: readonly PublishedVersion[]): string {
  const newest = versions[0]?.version ?? version;
  return `
All events go to version ${version} now.

The next plan of Terraform shows aws_lambda_alias.processor_live with
  function_version = "${version}" -> "${newest}"
because version ${newest} is the newest. Do not apply that before the cause is fixed: it
would bring version ${newest} back. To continue, fix the cause and deploy: the fix becomes
version ${Number(newest) + 1}, and the deployment points the alias to it.
With deployment.rollout = 'gradual', Terraform shows no change, and
\`npm run pipeline -- rollout\` moves the alias once the fix is deployed.`;
}

/** Returns what differs between two versions, a line each. Names variables without their values. */
function differences(from: FunctionConfiguration, to: FunctionConfiguration): string[] {
  const lines = [
    from.CodeSha256 === to.CodeSha256 ? 'same code' : 'different code',
    ...changed('memory', from.MemorySize, to.MemorySize, ' MB'),
    ...changed('timeout', from.Timeout, to.Timeout, ' s'),
    ...changed('runtime', from.Runtime, to.Runtime),
    ...changed('architecture', from.Architectures?.join(), to.Architectures?.join()),
    ...changed('tracing', from.TracingConfig?.Mode, to.TracingConfig?.Mode),
  ];
  const variables = changedVariables(from.Environment?.Variables ?? {}, to.Environment?.Variables ?? {});
  return variables.length === 0 ? lines : [...lines, `different variables: ${variables.join(', ')}`];
}

function changed(name: string, from: string | number | undefined, to: string | number | undefined, unit = ''): string[] {
  return from === to ? [] : [`${name}: ${from}${unit} -> ${to}${unit}`];
}

function changedVariables(from: Readonly<Record<string, string>>, to: Readonly<Record<string, string>>): string[] {
  const names = new Set([...Object.keys(from), ...Object.keys(to)]);
  return [...names].filter((name) => from[name] !== to[name]).toSorted();
}
