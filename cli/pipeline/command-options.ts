import { type Command, InvalidArgumentError } from 'commander';

/** The option by which all commands for a deployment find it. */
export function withFunctionOption(command: Command): Command {
  return command.requiredOption('-f, --function <name>', 'name of the deployed function (the output function_name)');
}

/** An option's value that is a number above zero. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError(`"${text}" is not a number above 0.`);
  return value;
}

/** An option's value that is a whole number, zero included. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError(`"${text}" is not a whole number from 0.`);
  return Number(text);
}
