import { Command, CommanderError } from 'commander';
import { EXIT, wordsOf } from './pipeline/operator-error.ts';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

/** The commands; each file registers its own. */
const COMMANDS: Readonly<Record<string, () => Promise<{ register(program: Command): void }>>> = {
  explain: () => import('./explain/command.ts'),
  audit: () => import('./audit/command.ts'),
  redrive: () => import('./redrive/command.ts'),
  backfill: () => import('./backfill/command.ts'),
  estimate: () => import('./estimate/command.ts'),
};

const program = new Command('npm run pipeline --')
  .description('Commands for whoever operates a deployed pipeline. They use the AWS credentials and region of the environment.')
  .addHelpText(
    'after',
    `\nExit code: ${EXIT.inOrder} when all is in order, ${EXIT.needsAttention} when something needs attention, ${EXIT.notCarriedOut} when the command cannot be carried out.`,
  )
  .showHelpAfterError('npm run pipeline -- --help lists the commands.')
  .exitOverride();

try {
  // Only the command that is asked for: the AWS SDK takes longer to load than telling what is wrong with a command.
  const asked = process.argv.slice(2).filter((word) => Object.hasOwn(COMMANDS, word));
  for (const name of asked.length > 0 ? asked : Object.keys(COMMANDS)) (await COMMANDS[name]?.())?.register(program);
  await program.parseAsync();
} catch (error) {
  process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? EXIT.inOrder : EXIT.notCarriedOut;
  // Commander has already told what it did not understand.
  if (!(error instanceof CommanderError)) console.error(wordsOf(error));
}
