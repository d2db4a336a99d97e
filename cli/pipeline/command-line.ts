import { type Command, InvalidArgumentError } from 'commander';

/** Exit codes of the `pipeline` commands, so that scripts and schedules can tell the cases apart. */
export const EXIT = { inOrder: 0, needsAttention: 1, notCarriedOut: 2, interrupted: 130 } as const;

/** A command that cannot be carried out; the message is for the operator. */
export class OperatorError extends Error {
  readonly code = 'OPERATOR_ERROR';
  override readonly name = 'OperatorError';
}

/** Adds the option that names the deployed function. */
export function withFunctionOption(command: Command): Command {
  return command.requiredOption('-f, --function <name>', 'name of the deployed function (the output function_name)');
}

/**
 * Parses the value of an option as a number above 0.
 * @throws {InvalidArgumentError} for anything else
 */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError(`"${text}" is not a number above 0.`);
  return value;
}

/**
 * Returns a parser for the value of an option that is a number in a range, both ends included.
 * @throws {InvalidArgumentError} from the parser, for anything else
 */
export function numberBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= min && value <= max))
      throw new InvalidArgumentError(`"${text}" is not a number from ${min} to ${max}.`);
    return value;
  };
}

/**
 * Parses the value of an option as a whole number, 0 included.
 * @throws {InvalidArgumentError} for anything else
 */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError(`"${text}" is not a whole number of at most nine digits.`);
  return Number(text);
}

/** Errors that come from the local environment, each with the next step. */
const HINTS: readonly { readonly error: RegExp; readonly hint: string }[] = [
  {
    error: /CredentialsProviderError|could not load credentials/i,
    hint: 'Sign in to the account of the deployment (aws sso login), or set AWS_PROFILE.',
  },
  { error: /region is missing/i, hint: 'Set AWS_REGION to the region of the deployment.' },
  {
    error: /expired|UnrecognizedClient|InvalidClientToken|InvalidAccessKeyId/i,
    hint: 'Sign in again; these credentials are no longer valid.',
  },
  {
    error: /AccessDenied|not authorized|Forbidden|^403/i,
    hint: 'Your credentials lack this permission; --help of the command lists what it needs.',
  },
  { error: /ECONNREFUSED|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|TimeoutError/, hint: 'AWS cannot be reached: check the network and AWS_REGION.' },
];

/** Returns the message of an error for the operator, with the next step if one is known. Never includes a stack trace. */
export function errorMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof OperatorError || error.name === 'EnvironmentError') return error.message;
  const message = `${error.name}: ${originalMessage(error)}`;
  const hint = HINTS.find((each) => each.error.test(message))?.hint;
  return hint === undefined ? message : `${message}. ${hint}`;
}

/** Node reports a connection that failed on every address as an AggregateError without a message. */
function originalMessage(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((one) => (one instanceof Error ? one.message : String(one))).join(', ');
  return error.message.replace(/\.$/, '');
}

/** npm passes Ctrl-C on although the terminal has already sent it to every process. A signal within this time belongs to the same keystroke. */
const SAME_KEYSTROKE_MILLISECONDS = 1_000;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs work with a signal that Ctrl-C or SIGTERM aborts, so that it can finish what it has begun. A second Ctrl-C exits at once. */
export async function interruptibly<Result>(work: (interruption: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  let first: number | undefined;
  const onSignal = (): void => {
    first ??= Date.now();
    if (Date.now() - first > SAME_KEYSTROKE_MILLISECONDS) process.exit(EXIT.interrupted);
    controller.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}
