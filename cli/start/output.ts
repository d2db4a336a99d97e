import { OutputFolder } from '../../local/run/output-folder.ts';
import { InputError } from './inputs.ts';

/**
 * Opens the folder that --out names.
 * @throws {InputError} when it cannot be written
 */
export async function openOutput(folder: string): Promise<OutputFolder> {
  return OutputFolder.open(folder).catch((cause: Error) => {
    throw new InputError(`The output folder "${folder}" cannot be used (${cause.message}). Name another with --out.`, { cause });
  });
}
