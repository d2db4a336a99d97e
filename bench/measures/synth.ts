import { join } from 'node:path';
import { createPackage, freshPackage } from '../../asset/create-package.ts';
import { PROJECT_ROOT } from '../../asset/packaged-file.ts';
import { MACHINE } from '../function.ts';
import { type Command, runToEnd } from '../renderer-process.ts';
import { atLeast } from '../row.ts';
import { LEFT_OUT, type Measure } from '../setting.ts';
import { figuresOf, inTurn, ratiosOf } from '../statistics.ts';

/** Time to synthesize one preset, with and without loading the provider's root module first. */
export const synth: Measure = {
  title: 'synth',
  async run({ quick, rounds, folder, signal }) {
    const row = { measure: 'synth of one preset, deep imports vs the provider’s root import', unit: '×', target: atLeast(6) } as const;
    if (quick) return [{ ...row, notMeasured: LEFT_OUT }];
    if ((await freshPackage(MACHINE)) === undefined) await createPackage(MACHINE);
    await runToEnd({ program: 'npm', args: ['run', '--silent', 'synth:bundle'] }, signal);
    const times = await inTurn(
      {
        deep: () => runToEnd(synthCommand(folder), signal),
        root: () => runToEnd(synthCommand(folder, '--require', '@cdktf/provider-aws'), signal),
      },
      { rounds: Math.min(rounds, 8), signal },
    );
    return [
      { ...row, figures: ratiosOf(times.root, times.deep) },
      { measure: 'synth of one preset', unit: 'ms', figures: figuresOf(times.deep) },
    ];
  },
};

function synthCommand(folder: string, ...options: readonly string[]): Command {
  return {
    program: process.execPath,
    args: [...options, join(PROJECT_ROOT, 'dist/main.cjs')],
    environment: {
      PRESETS: 'photo-sharing',
      LAMBDA_ARCHITECTURE: MACHINE.name,
      CDKTF_OUTDIR: join(folder, 'cdktf.out'),
      TF_CLOUD_ORGANIZATION: '',
      CHECKPOINT_DISABLE: '1',
    },
  };
}
