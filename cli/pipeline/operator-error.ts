/** What a command of the operator ends with, so that scripts and schedules can tell the cases apart. */
export const EXIT = { inOrder: 0, needsAttention: 1, notCarriedOut: 2, interrupted: 130 } as const;

/** A command that cannot be carried out; the message is for the operator. */
export class OperatorError extends Error {
  readonly code = 'OPERATOR_ERROR';
  override readonly name = 'OperatorError';
}

/** Faults that come from the terminal the command runs in, and what to do about each. */
const HINTS: readonly { readonly fault: RegExp; readonly hint: string }[] = [
  {
    fault: /CredentialsProviderError|could not load credentials/i,
    hint: 'Sign in to the account of the deployment (aws sso login), or set AWS_PROFILE.',
  },
  { fault: /region is missing/i, hint: 'Set AWS_REGION to the region of the deployment.' },
  {
    fault: /expired|UnrecognizedClient|InvalidClientToken|InvalidAccessKeyId/i,
    hint: 'Sign in again; these credentials are no longer valid.',
  },
  {
    fault: /AccessDenied|not authorized|Forbidden|^403/i,
    hint: 'The credentials of this terminal lack that permission; the command with --help lists what it needs.',
  },
  { fault: /ECONNREFUSED|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|TimeoutError/, hint: 'AWS cannot be reached: check the network and AWS_REGION.' },
];

/** What to tell of an error: its message, and the next step where there is one. Never a stack. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof OperatorError || error.name === 'EnvironmentError') return error.message;
  const words = `${error.name}: ${messageOf(error)}`;
  const hint = HINTS.find(({ fault }) => fault.test(words))?.hint;
  return hint === undefined ? words : `${words}. ${hint}`;
}

/** A connection that failed on every address has an empty message and its reasons inside. */
function messageOf(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((one) => (one instanceof Error ? one.message : String(one))).join(', ');
  return error.message.replace(/\.$/, '');
}
