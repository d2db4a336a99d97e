import { Command, CommanderError } from 'commander';
import { EXIT, errorMessage } from './pipeline/command-line.ts';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const COMMANDS: Readonly<Record<string, () => Promise<{ register(program: Command): void }>>> = {
  explain: () => import('./explain/command.ts'),
  audit: () => import('./audit/command.ts'),
  redrive: () => import('./redrive/command.ts'),
  backfill: () => import('./backfill/command.ts'),
  estimate: () => import('./estimate/command.ts'),
  simulate: () => import('./simulate/command.ts'),
  rollback: () => import('./rollback/command.ts'),
  rollout: () => import('./rollout/command.ts'),
};

const NOTES = `
Exit code: ${EXIT.inOrder} when all is in order, ${EXIT.needsAttention} when something needs attention, ${EXIT.notCarriedOut} when the
command cannot be carried out, ${EXIT.interrupted} when it was interrupted.`;

const program = new Command('npm run pipeline --')
  .description('Commands for operators of a deployed pipeline. They use the AWS credentials and region of the environment.')
  .addHelpText('after', NOTES)
  .showHelpAfterError('npm run pipeline -- --help lists the commands.')
  .exitOverride();

try {
  // Loads only the command that was asked for: the AWS SDK would delay every error message.
  const asked = process.argv.slice(2).filter((word) => Object.hasOwn(COMMANDS, word));
  for (const name of asked.length > 0 ? asked : Object.keys(COMMANDS)) (await COMMANDS[name]?.())?.register(program);
  await program.parseAsync();
} catch (error) {
  process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? EXIT.inOrder : EXIT.notCarriedOut;
  // Commander has already printed its own message.
  if (!(error instanceof CommanderError)) console.error(errorMessage(error));
}
