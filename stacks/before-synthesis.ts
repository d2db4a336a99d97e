import { join } from 'node:path';
import type { ISynthesisSession, TerraformStack } from 'cdktf';

/** Runs a step before the stack's JSON is written, so that a failure leaves no JSON that refers to missing files. */
export function beforeSynthesis(stack: TerraformStack, run: (stackFolder: string) => void): void {
  const { synthesizer } = stack;
  stack.synthesizer = {
    synthesize: (session: ISynthesisSession) => {
      run(join(session.outdir, session.manifest.forStack(stack).workingDirectory));
      synthesizer.synthesize(session);
    },
  };
}
